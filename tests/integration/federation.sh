#!/usr/bin/env bash
# Nodes that each see four digits of MNIST, once, through the HTTP API; the federated model must know all ten.
#   --nodes N (5)   --samples N (4000)   --seed S (1)   --accuracy A   least routed accuracy on the test images (0.92)
# Prints one JSON line: the federated model routed and per exit, and what one node alone would know.
. "$(dirname "$0")/support.sh"
nodes=5 samples=4000 seed=1 accuracy=0.92
while [ $# -gt 0 ]; do
  case "$1" in
    --nodes) nodes=$2 ;; --samples) samples=$2 ;; --seed) seed=$2 ;; --accuracy) accuracy=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = %s\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\n' "$nodes" >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for ((i = 0; i < nodes; i++)); do node_join "node-$i"; node_start "node-$i"; done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
began=$SECONDS
for ((i = 0; i < nodes; i++)); do
  classes=$((2 * i % 10)),$(((2 * i + 1) % 10)),$(((2 * i + 2) % 10)),$(((2 * i + 3) % 10))
  feed_in_background "node-$i" --data "$data" --classes "$classes" --shuffle --seed $((seed * 100 + i)) --limit "$samples"
done
wait_for_feeds
wait_for 30 "the last round" accepted_equals_counted || true

skerry model export newest "$work/federated.skm" >/dev/null 2>&1
evaluate "$work/federated.skm" --data "$data" --split test >"$work/federated.json"
version=$(skerry status --output json | jq .data.version)
jq -c --arg version "$version" --arg seconds "$((SECONDS - began))" '{version: ($version | tonumber), seconds: ($seconds | tonumber),
  routed: .data.accuracy_routed, light: .data.accuracy_of_exit.light, medium: .data.accuracy_of_exit.medium, heavy: .data.accuracy_of_exit.heavy}' "$work/federated.json"
routed=$(jq .data.accuracy_routed "$work/federated.json")
at_least "$routed" "$accuracy" || fail "the federated model reaches $routed, must reach $accuracy"
