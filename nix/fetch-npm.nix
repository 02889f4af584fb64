# An archive from npm, by npm itself, so that a mirror that is set for it (npm_config_registry) is used here as well. It is what its hash says,
# or there is no build.
{
  lib,
  cacert,
  nodejs_22,
  runCommand,
}:
{
  name,
  version,
  # As npm writes it: sha512-…
  integrity,
}:
runCommand "${baseNameOf name}-${version}.tgz"
  {
    nativeBuildInputs = [ nodejs_22 ];
    outputHashMode = "flat";
    outputHash = integrity;
    SSL_CERT_FILE = "${cacert}/etc/ssl/certs/ca-bundle.crt";
    impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [ "npm_config_registry" ];
    package = "${name}@${version}";
  }
  ''
    export HOME=$TMPDIR
    npm pack --silent --ignore-scripts --pack-destination "$TMPDIR" "$package"
    mv "$TMPDIR"/*.tgz "$out"
  ''
