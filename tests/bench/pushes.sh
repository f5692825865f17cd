#!/usr/bin/env bash
# How many bytes a push of the MNIST model is as the difference to the version before it, against the whole, in each precision: five nodes, each of four of the ten digits, as in codecs.sh.
#   --samples N a node (4000)   --seed S (1)
# Prints one JSON line for each precision: bytes of the whole, and mean, least and most of the differences over all versions, of the first ten and of the last ten. Then how fast differences are made and applied.
. "$(dirname "$0")/../integration/support.sh"
samples=4000 seed=1
while [ $# -gt 0 ]; do
  case "$1" in
    --samples) samples=$2 ;; --seed) seed=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
open_test_fleet
coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = 5\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\n[limits]\nversions_kept = 1000\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1 2 3 4; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1 2 3 4; do wait_for 60 "node-$i" node_ready "node-$i"; done
for i in 0 1 2 3 4; do
  feed_in_background "node-$i" --data "$data" --classes "$((2 * i)),$((2 * i + 1)),$(((2 * i + 2) % 10)),$(((2 * i + 3) % 10))" --shuffle --seed $((seed + i)) --limit "$samples"
done
wait_for_feeds
for i in 0 1 2 3 4; do wait_for 120 "node-$i" nothing_to_learn "node-$i"; done
last=$(skerry status --output json | jq .data.version)
for ((version = 2; version <= last; version++)); do skerry model show "$version" --output json | jq -c .data; done >"$work/versions.json"
for precision in fp32 fp16 fp8 mixed; do
  jq -sc --arg precision "$precision" '
    def bytes: map(.differences[] | select(.precision == $precision) | .bytes.heavy);
    def mean: if length == 0 then null else (add / length | round) end;
    {precision: $precision, versions: length, differences: (bytes | length),
     whole: (if $precision == "fp32" then .[0].values.heavy * 4 else .[0].encodings[] | select(.precision == $precision) | .bytes.heavy end),
     difference: {mean: (bytes | mean), least: (bytes | min), most: (bytes | max), of_the_first_ten: (.[:10] | bytes | mean), of_the_last_ten: (.[-10:] | bytes | mean)}}' "$work/versions.json"
done
jq -nc --argjson whole "$(grep -h version_installed "$work"/node-*.log | grep -c fetched=whole)" --argjson difference "$(grep -h version_installed "$work"/node-*.log | grep -c fetched=difference)" '{installed: {whole: $whole, difference: $difference}}'
"$fleet_bin/../tests/bench/difference-bench"
