#!/usr/bin/env bash
# Runs the test suites that are named and ends with each runner's own last line, so that a reader and CI see the counts
# without scrolling. Everything that the suites need is installed or fetched first. What follows e2e goes to pytest:
#
#   scripts/test.sh unit          unit tests of the program as it is built
#   scripts/test.sh asan          all of them under ASan and UBSan
#   scripts/test.sh tsan          those of the concurrent parts under TSan
#   scripts/test.sh fuzz          each fuzz target for SECONDS_EACH (60)
#   scripts/test.sh e2e -k tutorial -x
#   scripts/test.sh languages     each language's SDKs in pods (builds for Go, Rust, Java and Node.js: slow)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=()

say() { printf '\n== %s\n' "$*"; }

configure_and_build() {
  scripts/setup.sh build run test base-image
  say "build"
  cmake --preset dev >"$logs/configure" 2>&1 || { cat "$logs/configure"; exit 1; }
  cmake --build --preset dev --parallel "$(nproc)"
}

unit() {
  say "unit tests"
  ctest --preset dev --timeout 300 2>&1 | tee "$logs/unit" || failed+=(unit)
}

# The parts whose objects are used by several threads at once.
concurrent=(base net store arm entra openai)

asan() {
  say "unit tests under ASan and UBSan"
  cmake --preset asan >"$logs/configure" 2>&1 || { cat "$logs/configure"; exit 1; }
  cmake --build --preset asan --parallel "$(nproc)" --target unit_tests
  ctest --preset asan --timeout 600 2>&1 | tee "$logs/asan" || failed+=(asan)
}

tsan() {
  say "unit tests of ${concurrent[*]} under TSan"
  cmake --preset tsan >"$logs/configure" 2>&1 || { cat "$logs/configure"; exit 1; }
  cmake --build --preset tsan --parallel "$(nproc)" --target "${concurrent[@]/%/_test}"
  local pattern
  pattern=$(IFS='|'; echo "${concurrent[*]}")
  ctest --preset tsan --timeout 600 --label-regex "^($pattern)\$" 2>&1 | tee "$logs/tsan" || failed+=(tsan)
}

fuzz() {
  scripts/fuzz.sh 2>&1 | tee "$logs/fuzz" || failed+=(fuzz)
}

e2e() {
  say "what the end-to-end tests use (cached outside the checkout)"
  scripts/build-kubernetes.sh
  scripts/fetch-engine.sh >/dev/null
  scripts/fetch-azure-cli.sh >/dev/null
  for packages in tests/e2e/openai_sdk/*.txt; do scripts/fetch-python-packages.sh "$packages" >/dev/null; done
  scripts/base-image.sh python >/dev/null
  say "end-to-end tests"
  # Debian's own Python, and the machine's own proxy and certificate settings.
  /usr/bin/python3 -B -m pytest -p no:cacheprovider tests/e2e --ignore=tests/e2e/test_languages.py \
    --durations=8 -ra "$@" 2>&1 | tee "$logs/e2e" || failed+=(e2e)
}

languages() {
  scripts/base-image.sh python >/dev/null
  scripts/base-image.sh java >/dev/null
  command -v cargo >/dev/null || scripts/setup.sh rust
  scripts/build-kubernetes.sh
  scripts/fetch-azure-cli.sh >/dev/null
  say "every language's SDKs in pods"
  /usr/bin/python3 -B -m pytest -p no:cacheprovider tests/e2e/test_languages.py -ra "$@" 2>&1 |
    tee "$logs/languages" || failed+=(languages)
}

configure_and_build
while [ $# -gt 0 ]; do
  suite=$1
  shift
  case $suite in
    unit) unit ;;
    asan) asan ;;
    tsan) tsan ;;
    fuzz) fuzz ;;
    e2e) e2e "$@"; break ;;
    languages) languages "$@"; break ;;
    *) echo "unknown suite '$suite': unit, asan, tsan, fuzz, e2e, languages" >&2; exit 2 ;;
  esac
done

say "result"
for suite in unit asan tsan; do
  [ -f "$logs/$suite" ] && grep -E 'tests passed|No tests were found' "$logs/$suite" | tail -1 | sed "s/^/$suite: /"
done
for suite in fuzz e2e languages; do
  [ -f "$logs/$suite" ] && tail -1 "$logs/$suite"
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
