# package-lock.json without what only checks and tests use. Builtins alone.
let
  inherit (builtins)
    attrNames
    filter
    listToAttrs
    match
    replaceStrings
    ;

  # The one tool that makes the bundle.
  bundler = "esbuild";
  isBundler = place: match "node_modules/(@${bundler}/.*|${bundler})" place != null;

  # esbuild's own entry lists programs for all platforms; those stay in the lock, and are fetched for one.
  bundlePackage =
    package:
    removeAttrs package [
      "overrides"
      "scripts"
    ]
    // {
      scripts = {
        inherit (package.scripts) build;
      };
      devDependencies.${bundler} = package.devDependencies.${bundler};
    };
in
{
  inherit bundlePackage;

  # lock → lock: the packages that the program is made of, and the bundler.
  bundleLock =
    lock:
    let
      kept = filter (place: place != "" && (!(lock.packages.${place}.dev or false) || isBundler place)) (
        attrNames lock.packages
      );
      root = lock.packages."";
    in
    lock
    // {
      packages =
        listToAttrs (
          map (place: {
            name = place;
            value = lock.packages.${place};
          }) kept
        )
        // {
          "" = root // {
            devDependencies.${bundler} = root.devDependencies.${bundler};
          };
        };
    };

  # What the package is called: it may be installed under another name.
  tarballName =
    place: module:
    module.name or (replaceStrings [ "node_modules/" ] [ "" ] (
      builtins.elemAt (match "(.*/)?(node_modules/(@[^/]+/)?[^/]+)" place) 1
    ));
}
