#!/usr/bin/env bash
# Installs the real Azure CLI from PyPI into the cache, in a virtual environment named after its version, and prints the
# path of its az. 733 MB and two to six minutes the first time; nothing afterwards.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

version=${1:-2.91.0}
folder=azure-cli-$version
target=$lazuli_cache/$folder

[ -f "$target/.complete" ] && { echo "$target/bin/az"; exit 0; }
lock "$folder"
if [ ! -f "$target/.complete" ]; then
  say "the Azure CLI $version into $target (two to six minutes)"
  make_venv "$target"
  pip_install "$target" "azure-cli==$version"
  "$target/bin/az" version --output json 2>/dev/null | grep -q "\"azure-cli\": \"$version\"" ||
    fail "az does not start: remove $target and run this again"
  touch "$target/.complete"
fi
echo "$target/bin/az"
