#!/usr/bin/env bash
# Installs the packages of a requirements file from PyPI into the cache, in a virtual environment named after the file and
# its content, and prints the path of its Python.
#
#   scripts/fetch-python-packages.sh tests/e2e/openai_sdk/today.txt
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=cache.sh
source "$(dirname "${BASH_SOURCE[0]}")/cache.sh"

requirements=${1:?a requirements file is missing}
folder=python-packages-$(basename "$requirements" .txt)-$(sha256sum "$requirements" | cut -c1-12)
target=$lazuli_cache/$folder

[ -f "$target/.complete" ] && { echo "$target/bin/python"; exit 0; }
lock "$folder"
if [ ! -f "$target/.complete" ]; then
  say "$(grep -vc '^#' "$requirements") packages of $requirements into $target"
  make_venv "$target"
  pip_install "$target" --requirement "$requirements"
  touch "$target/.complete"
fi
echo "$target/bin/python"
