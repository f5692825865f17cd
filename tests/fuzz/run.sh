#!/usr/bin/env bash
# Builds every fuzz target and lets all of them look for SECONDS (60) at the same time. What they learned stays in build/fuzz/corpus
# for the next time; seeds/TARGET is where they begin.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}

./deploy/install-dependencies.sh --developer
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build/fuzz/findings
# Readers of files get one for each input: in memory that is 20 times as many.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm

# No input has more than 4 KiB, so nothing that one makes us allocate at once may be large; protobuf reserves 50 MB where a length says so.
fuzz() {
  local program=$1 target corpus
  target=$(basename "$program")
  corpus=(build/fuzz/corpus/"$target")
  mkdir -p "${corpus[0]}"
  [ ! -d "tests/fuzz/seeds/$target" ] || corpus+=("tests/fuzz/seeds/$target")
  "$program" -max_len=4096 -malloc_limit_mb=64 -timeout=10 -max_total_time="$seconds" -artifact_prefix="build/fuzz/findings/$target-" \
    -print_final_stats=1 "${corpus[@]}" >"build/fuzz/$target.log" 2>&1 || { tail -n 60 "build/fuzz/$target.log"; return 1; }
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs in $seconds s, none misread"
}

pids=()
for program in build/fuzz/bin/*_fuzz; do
  fuzz "$program" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
