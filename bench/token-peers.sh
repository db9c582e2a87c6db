# Shared with bench/token, to be sourced: the token services that it measures beside lazuli's, built once into the cache.
# shellcheck shell=bash disable=SC2034  # what is set here is used there

dex_folder=$lazuli_cache/dex-2.13.0-2
mock_folder=$lazuli_cache/mock-oauth2-server-2.1.10

# Dex of the newest version that the Go module proxy gives out under a name that can be required.
build_dex() {
  [ -x "$dex_folder/dex" ] && return
  local go source
  go=$(scripts/fetch-go.sh)
  rm -rf "$dex_folder.new"
  "$go" build -C bench/peers/dex -o "$dex_folder.new/dex" . >&2 || return 1
  source=$("$go" -C bench/peers/dex list -m -f '{{.Dir}}' github.com/dexidp/dex)
  cp -r --no-preserve=mode "$source/web" "$dex_folder.new/web"
  rm -rf "$dex_folder"
  mv "$dex_folder.new" "$dex_folder"
}

fetch_mock() {
  [ -d "$mock_folder/lib" ] && return
  mvn -q -B -f bench/peers/mock-oauth2-server/pom.xml dependency:copy-dependencies -DoutputDirectory="$mock_folder.new/lib" >&2 ||
    return 1
  rm -rf "$mock_folder"
  mv "$mock_folder.new" "$mock_folder"
}
