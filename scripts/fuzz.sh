#!/usr/bin/env bash
# Runs the fuzz targets (fuzz/), as many at a time as there are processors, each for SECONDS_EACH seconds (60). What
# they learn is kept outside of the checkout, so that the next run goes on from there. A finding is kept there too, and
# the command that repeats it printed. The last line has the counts.
#
#   scripts/fuzz.sh [TARGET...]     SECONDS_EACH=3600 scripts/fuzz.sh jws
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=cache.sh
source scripts/cache.sh
scripts/setup.sh build fuzz
seconds=${SECONDS_EACH:-60} jobs=${JOBS:-$(nproc)} home=$lazuli_cache/fuzz
mapfile -t targets < <(sed -n 's/^lazuli_fuzz(\([a-z_]*\) .*/\1/p' fuzz/CMakeLists.txt)
[ $# -gt 0 ] || set -- "${targets[@]}"

printf '\n== fuzz targets: build\n'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset fuzz >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build --preset fuzz --parallel "$(nproc)" --target "${@/#/fuzz_}"

# Stacks have names: Debian's clang comes without llvm-symbolizer, and binutils' addr2line serves.
export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-/usr/bin/addr2line}
# Leaks are not looked for: a directory that remembers what it was asked looks like one after every input.
run() { # TARGET: its output in a file; a line for the result
  local target=$1 out=$home/$1.log
  mkdir -p "$home/corpus/$target" "$home/findings"
  if build-fuzz/fuzz/"fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
    -dict="fuzz/$target.dict" -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$home/findings/$target-" \
    "$home/corpus/$target" "fuzz/corpus/$target" >"$out" 2>&1; then
    echo "$target $(sed -n 's/^stat::number_of_executed_units: //p' "$out") runs" | tee -a "$results"
  else
    { tail -60 "$out"
      echo "$target: a finding. It repeats by:"
      echo "  build-fuzz/fuzz/fuzz_$target $(sed -n 's/.*Test unit written to //p' "$out" | tail -1)"; } >&2
    echo "$target FINDING" >>"$results"
  fi
}

printf '\n== fuzz targets: %s seconds each, %s at a time\n' "$seconds" "$jobs"
results=$(mktemp)
trap 'rm -f "$log" "$results"' EXIT
for target in "$@"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  run "$target" &
done
wait
found=$(grep -c FINDING "$results" || true)
echo "fuzz: $# targets, $found findings; $(sort "$results" | paste -sd, | sed 's/,/, /g')"
[ "$found" = 0 ]
