#!/usr/bin/env bash
# Nodes that each see four digits of MNIST, once, through the HTTP API; the federated model must know all that the fleet has seen.
#   --nodes N (5)   --samples N (4000)   --seed S (1)   --accuracy A   least routed accuracy on the test images (0.92)
#   --gap G        how far light may be below heavy (0.03)
#   --central      instead: one process that learns as many samples of all digits, shuffled: what federating is measured against
# Prints one JSON line: the accuracy of the model on the 10,000 test images, routed and of each exit.
. "$(dirname "$0")/support.sh"
nodes=5 samples=4000 seed=1 accuracy=0.92 gap=0.03 central=no
while [ $# -gt 0 ]; do
  case "$1" in
    --central) central=yes; shift; continue ;;
    --nodes) nodes=$2 ;; --samples) samples=$2 ;; --seed) seed=$2 ;; --accuracy) accuracy=$2 ;; --gap) gap=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = %s\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\n' "$nodes" >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
score() {
  evaluate "$1" --data "$data" --split test >"$work/score.json"
  jq -c --arg seconds "$((SECONDS - began))" '{version: .data.version, seconds: ($seconds | tonumber), routed: .data.accuracy_routed} + .data.accuracy_of_exit' "$work/score.json"
}
began=$SECONDS
if [ "$central" = yes ]; then
  node_join node-0
  node_start node-0 --alone
  wait_for 60 node-0 node_ready node-0
  feed_in_background node-0 --data "$data" --shuffle --seed $((seed * 100)) --limit $((nodes * samples))
  wait_for_feeds
  wait_for 300 "node-0 to learn its last labels" nothing_to_learn node-0
  "$fleet_bin/skerry-node" export --dir "$work/node-0" "$work/central.skm" >/dev/null 2>&1
  score "$work/central.skm"
  exit 0
fi

for ((i = 0; i < nodes; i++)); do node_join "node-$i"; node_start "node-$i"; done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
for ((i = 0; i < nodes; i++)); do
  classes=$((2 * i % 10)),$(((2 * i + 1) % 10)),$(((2 * i + 2) % 10)),$(((2 * i + 3) % 10))
  feed_in_background "node-$i" --data "$data" --classes "$classes" --shuffle --seed $((seed * 100 + i)) --limit "$samples"
done
wait_for_feeds
for ((i = 0; i < nodes; i++)); do wait_for 120 "node-$i to learn its last labels" nothing_to_learn "node-$i"; done
wait_for 30 "the last round" no_quorum_waits || true

skerry model export newest "$work/federated.skm" >/dev/null 2>&1
score "$work/federated.skm"
routed=$(jq .data.accuracy_routed "$work/score.json")
at_least "$routed" "$accuracy" || fail "the federated model reaches $routed, must reach $accuracy"
light=$(jq .data.accuracy_of_exit.light "$work/score.json") heavy=$(jq .data.accuracy_of_exit.heavy "$work/score.json")
at_least "$light" "$(awk "BEGIN { print $heavy - $gap }")" || fail "light reaches $light, heavy $heavy: more than $gap apart"
