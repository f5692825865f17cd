#!/usr/bin/env bash
# What each precision of storage costs a classifier: one node learns Fashion-MNIST alone, online, through the HTTP API, and its weights are exported in each.
#   --samples N (20000)   --images M (10000)   how many it learns, and of how many test images the accuracy is
#   --seed S (1)   --runs R (3)   how often each is scored; runs are interleaved, times are their medians
# Prints a table: bytes of the file, largest and root-mean-square error of its weights, accuracy on the test images, routed and of each exit, and the
# median microseconds of a sample that light or heavy answers. All are computed in fp32 by the plain executor: a precision changes what is stored, not what is computed.
. "$(dirname "$0")/../integration/support.sh"
samples=20000 images=10000 seed=1 runs=3
while [ $# -gt 0 ]; do
  case "$1" in
    --samples) samples=$2 ;; --images) images=$2 ;; --seed) seed=$2 ;; --runs) runs=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder fashion-mnist)
open_test_fleet
precisions="fp32 fp16 fp8 fp8-e5m2 int8 mixed"

sed -e 's/^name = .*/name = "fashion"/' -e 's/^names = .*/names = ["top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]/' \
  "$root/deploy/examples/model-digits.toml" >"$work/model.toml"
coordinator_init --model "$work/model.toml" --seed "$seed" >>"$work/coordinator.log"
coordinator_start
node_join node-0
node_start node-0 --alone
wait_for 60 node-0 node_ready node-0
feed_in_background node-0 --data "$data" --shuffle --seed "$seed" --limit "$samples"
wait_for_feeds
wait_for 300 "node-0 to learn its last labels" nothing_to_learn node-0
for precision in $precisions; do
  "$fleet_bin/skerry-node" export --dir "$work/node-0" --precision "$precision" "$work/$precision.skm" >>"$work/export.log" 2>&1
done
fleet_close

# All are made of one export, since the node may still have been learning between two; a file gives back the same weights.
for ((run = 0; run < runs; run++)); do
  for precision in $precisions; do
    evaluate "$work/fp32.skm" --precision "$precision" --data "$data" --split test --limit "$images" >>"$work/$precision.scores"
  done
done
echo "| stored as | file, bytes | largest error | rms error | routed | light | medium | heavy | light, µs | heavy, µs |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for precision in $precisions; do
  jq -rs --arg precision "$precision" --argjson bytes "$(stat -c %s "$work/$precision.skm")" '
    def percent: . * 10000 | round / 100;
    def median: sort | .[length / 2 | floor] // "-";
    def digits: if . == 0 then "0" else (. * 1000000 | round / 1000000 | tostring) end;
    map(.data) | .[0] as $first
    | [$precision, $bytes, ($first.precision_error | .max, .rms | digits), ($first.accuracy_routed | percent),
       ($first.accuracy_of_exit | .light, .medium, .heavy | percent),
       ([.[].tiers.light.median_us | values] | median), ([.[].tiers.heavy.median_us | values] | median)]
    | "| " + (map(tostring) | join(" | ")) + " |"' "$work/$precision.scores"
done
