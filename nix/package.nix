# The command line, from package-lock.json: each package is fetched with npm and is what the lock says, byte for byte, or there is no build. Only
# what the bundle is made of is fetched, and no package runs anything when it is installed.
{
  lib,
  stdenv,
  buildNpmPackage,
  busybox,
  callPackage,
  cpio,
  e2fsprogs,
  importNpmLock,
  kmod,
  makeBinaryWrapper,
  # Not in every nixpkgs; without it there are no Debian guests.
  mmdebstrap ? null,
  nodejs_22,
  openssh,
  qemu,
  util-linux,
  virtiofsd,
  xz,
  zstd,
  # The flake's own source, as a path in the store.
  source,
}:
let
  nodejs = nodejs_22;
  package = lib.importJSON (source + "/package.json");
  lock = lib.importJSON (source + "/package-lock.json");
  inherit (import ./npm-lock.nix) bundleLock bundlePackage tarballName;

  platform = if stdenv.hostPlatform.isAarch64 then "linux-arm64" else "linux-x64";
  needed = bundleLock lock;

  fetchNpm = callPackage ./fetch-npm.nix { };
  fetch =
    place: module:
    fetchNpm {
      name = tarballName place module;
      inherit (module) version integrity;
    };

  # esbuild has a program for each platform, and this one needs its own.
  fetched = lib.filterAttrs (
    place: _: place != "" && (!lib.hasInfix "/@esbuild/" place || lib.hasSuffix "/${platform}" place)
  ) needed.packages;
in
buildNpmPackage {
  pname = "ai-vm";
  inherit (package) version;
  # By name in the flake's own source: a path from here would make all of it a part of every guest that is built from this directory.
  src = lib.cleanSourceWith {
    name = "ai-vm-source";
    src = source;
    filter =
      path: _type:
      let
        relative = lib.removePrefix "${toString source}/" path;
        is =
          part: relative == part || lib.hasPrefix "${part}/" relative || lib.hasPrefix "${relative}/" part;
      in
      lib.any is [
        "LICENSE"
        "flake.lock"
        "flake.nix"
        "nix"
        "package-lock.json"
        "package.json"
        "schemas"
        "scripts/build.mjs"
        "src"
        "tsconfig.json"
      ];
  };
  inherit nodejs;
  npmDeps = importNpmLock {
    package = bundlePackage package;
    packageLock = needed;
    packageSourceOverrides = lib.mapAttrs fetch fetched;
  };
  inherit (importNpmLock) npmConfigHook;
  npmFlags = [ "--ignore-scripts" ];
  nativeBuildInputs = [ makeBinaryWrapper ];

  installPhase = ''
    runHook preInstall
    mkdir -p $out/lib/ai-vm
    cp -r dist schemas nix flake.nix flake.lock package.json LICENSE $out/lib/ai-vm/
    substituteInPlace $out/lib/ai-vm/dist/ai-vm --replace-fail aivm_node=node aivm_node=${nodejs}/bin/node
    # What the host has goes first: its QEMU may know more of its kernel, and newuidmap is setuid there.
    makeBinaryWrapper $out/lib/ai-vm/dist/ai-vm $out/bin/ai-vm --suffix PATH : ${
      lib.makeBinPath (
        lib.filter (program: program != null) [
          busybox
          cpio
          e2fsprogs
          kmod
          mmdebstrap
          openssh
          qemu
          util-linux
          virtiofsd
          xz
          zstd
        ]
      )
    }
    runHook postInstall
  '';
  doInstallCheck = true;
  installCheckPhase = ''
    [ "$($out/bin/ai-vm --version)" = ${package.version} ]
    $out/bin/ai-vm --help >/dev/null
  '';

  meta = {
    inherit (package) description;
    license = lib.licenses.mit;
    mainProgram = "ai-vm";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
