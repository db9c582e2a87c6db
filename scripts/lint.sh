#!/usr/bin/env bash
# Formatting of the C++ sources, shellcheck for scripts, Python's syntax; with TIDY=1 also clang-tidy, which is slow.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test

mapfile -t cpp < <(git ls-files '*.cc' '*.cpp' '*.h')
mapfile -t shell < <(git ls-files 'scripts/*.sh' .ci/run '*.bash')
mapfile -t python < <(git ls-files '*.py')

clang-format --dry-run --Werror "${cpp[@]}"
shellcheck -x "${shell[@]}"
for file in "${python[@]}"; do /usr/bin/python3 -c 'import ast,sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file"; done
if [ "${TIDY:-}" = 1 ]; then
  [ -f build/compile_commands.json ] || cmake --preset dev >/dev/null
  run-clang-tidy -quiet -p build "$PWD/src/.*"
fi
echo "lint: ${#cpp[@]} C++, ${#shell[@]} shell and ${#python[@]} Python files are in order"
