#!/usr/bin/env bash
# Four nodes learn MNIST together; half-way, not all at the same sample, each label becomes the next class for good.
#   --seed S (1)   --samples N (3000)   of each node   --without   learns the new names instead ([learning] rename_classes = false)
# Prints one JSON line: the accuracy of the newest version in the new world, on the 10,000 test images; the prequential accuracy of each
# node over everything; how many nodes renamed.
. "$(dirname "$0")/../integration/support.sh"
seed=1 samples=3000 rename=true nodes=4
while [ $# -gt 0 ]; do
  case "$1" in
    --without) rename=false; shift; continue ;;
    --seed) seed=$2 ;; --samples) samples=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = %s\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\n' "$nodes" >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
printf '[learning]\nrename_classes = %s\n' "$rename" >"$work/node.toml"
for ((i = 0; i < nodes; i++)); do node_join "node-$i"; node_start "node-$i" --config "$work/node.toml"; done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
for ((i = 0; i < nodes; i++)); do
  feed_in_background "node-$i" --data "$data" --shuffle --seed $((seed * 100 + i)) --limit "$samples" --drift-at $((samples / 2 - 50 + 50 * i))
done
wait_for_feeds
for ((i = 0; i < nodes; i++)); do wait_for 300 "node-$i to learn its last labels" nothing_to_learn "node-$i"; done
wait_for 30 "the last round" no_quorum_waits || true
skerry model export newest "$work/newest.skm" >/dev/null 2>&1
evaluate "$work/newest.skm" --data "$data" --split test --drift-at 0 >"$work/score.json"
renamed=$(grep -l 'is now called' "$work"/node-?.log | wc -l) || true
jq -c --argjson renamed "$renamed" --argjson prequential "$(jq -s '[.[].data.accuracy]' "$work"/node-?.feed.json)" \
  '{routed: .data.accuracy_routed} + .data.accuracy_of_exit + {prequential: $prequential, renamed: $renamed}' "$work/score.json"
