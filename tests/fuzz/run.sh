#!/usr/bin/env bash
# Builds every fuzz target and lets each look for SECONDS (60). What it learned stays in build/fuzz/corpus for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}

./deploy/install-dependencies.sh --developer
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
mkdir -p build/fuzz/findings
for program in build/fuzz/bin/*_fuzz; do
  target=$(basename "$program")
  mkdir -p "build/fuzz/corpus/$target"
  "$program" -max_len=4096 -max_total_time="$seconds" -artifact_prefix="build/fuzz/findings/$target-" -print_final_stats=1 \
    "build/fuzz/corpus/$target" >"build/fuzz/$target.log" 2>&1 || { tail -n 60 "build/fuzz/$target.log"; exit 1; }
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") inputs in $seconds s, none misread"
done
