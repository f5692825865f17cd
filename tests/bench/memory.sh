#!/usr/bin/env bash
# What a small fleet holds in memory: a coordinator and two nodes with the digits model, idle and while drawn digits stream through them.
# Prints one JSON line: resident kB (VmRSS) of the coordinator, a node daemon and its learner; under load the largest of ten looks.
. "$(dirname "$0")/../integration/support.sh"
open_test_fleet
coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 1\ndeadline = "5s"\n[learning]\nsteps_per_update = 1\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
pids=()
for i in 0 1; do node_join "node-$i"; node_start "node-$i"; pids+=("$node_pid"); done
for i in 0 1; do wait_for 60 "node-$i" node_ready "node-$i"; done
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0; }
largest() { if [ "$1" -gt "$2" ]; then echo "$1"; else echo "$2"; fi; }
coordinator_idle=$(resident "$coordinator_pid") node_idle=$(resident "${pids[0]}")

coordinator_loaded=0 node_loaded=0 learner=0
for i in 0 1; do feed_in_background "node-$i" --data "strokes:?writer=$i&seed=$i" --limit 1500; done
for _ in 1 2 3 4 5 6 7 8 9 10; do
  read -r -t 1 <> <(:) || true
  coordinator_loaded=$(largest "$coordinator_loaded" "$(resident "$coordinator_pid")")
  node_loaded=$(largest "$node_loaded" "$(resident "${pids[0]}")")
  child=$(learner_of "${pids[0]}")
  [ -z "$child" ] || learner=$(largest "$learner" "$(resident "$child")")
done
wait_for_feeds
jq -nc --argjson coordinator_idle "$coordinator_idle" --argjson coordinator_loaded "$coordinator_loaded" --argjson node_idle "$node_idle" \
  --argjson node_loaded "$node_loaded" --argjson learner "$learner" \
  '{coordinator: {idle: $coordinator_idle, loaded: $coordinator_loaded}, node: {idle: $node_idle, loaded: $node_loaded}, learner: $learner}'
