#!/usr/bin/env bash
# Runs every benchmark under bench/ (each an executable that measures its peer in the same run and prints a ratio).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh build run test bench
found=0
for bench in bench/*; do
  if [ ! -f "$bench" ] || [ ! -x "$bench" ]; then continue; fi
  found=1
  printf '\n== %s\n' "$bench"
  "$bench"
done
[ $found = 1 ] || echo "there is no benchmark yet"
