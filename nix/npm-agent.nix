# A coding agent from its npm package. name: in agents.nix.
{
  lib,
  stdenv,
  callPackage,
  makeWrapper,
  nodejs_22,
  patchelf,
  name,
}:
let
  inherit ((import ./agents.nix).${name}) package version archives free;
  fetchNpm = callPackage ./fetch-npm.nix { };
  archive = archives.${stdenv.hostPlatform.system};
  # A program reads its own code from behind its sections: nothing but the name of the loader may change.
  native = path: ''
    install -D -m 755 ${path} $out/bin/${name}
    patchelf --set-interpreter ${stdenv.cc.bintools.dynamicLinker} $out/bin/${name}
  '';
  install = {
    claude = native "claude";
    opencode = native "bin/opencode";
    # Without a loader; speech is for a microphone that a guest has at most by chance.
    codex = ''
      mkdir -p $out/lib $out/bin
      cp -R vendor/*-linux-musl $out/lib/codex
      rm -rf $out/lib/codex/codex-resources/voice
      ln -s ../lib/codex/bin/codex $out/bin/codex
    '';
    gemini = ''
      mkdir -p $out/lib
      cp -R . $out/lib/gemini
      makeWrapper ${nodejs_22}/bin/node $out/bin/gemini --add-flags "--no-warnings=DEP0040 $out/lib/gemini/bundle/gemini.js"
    '';
  };
in
stdenv.mkDerivation {
  pname = package;
  inherit version;
  src = fetchNpm {
    inherit (archive) name integrity;
    version = version + (archive.suffix or "");
  };
  sourceRoot = "package";
  nativeBuildInputs = [
    makeWrapper
    patchelf
  ];

  dontConfigure = true;
  dontBuild = true;
  dontStrip = true;
  dontPatchELF = true;

  installPhase = ''
    runHook preInstall
    ${install.${name}}
    runHook postInstall
  '';
  doInstallCheck = true;
  installCheckPhase = ''
    HOME=$TMPDIR $out/bin/${name} --version | grep -F ${version}
  '';

  meta = {
    description = "Coding agent in the terminal";
    license = if free then lib.licenses.free else lib.licenses.unfree;
    mainProgram = name;
    platforms = builtins.attrNames archives;
  };
}
