#!/usr/bin/env bash
# What a round costs: N nodes with a million parameters each have learned while the coordinator was away, and all offer as it comes back.
#   --nodes N (10)
# Prints wall seconds from the coordinator's start, with all nodes waiting, to the published version and until every node has installed it, CPU seconds of the coordinator and
# of the node daemons over that time (sealing, sending, checking, storing, averaging, installing), and their memory. Everything is on: CURVE, HPKE, fsync.
. "$(dirname "$0")/../integration/support.sh"
nodes=10
while [ $# -gt 0 ]; do
  case "$1" in
    --nodes) nodes=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
open_test_fleet

cat >"$work/model.toml" <<'END'
name = "million"
modality = "tabular"
[input]
shape = [100]
dtype = "fp32"
[classes]
names = ["a", "b"]
[[stages]]
tier = "light"
layers = [{ dense = 500 }]
[[stages]]
tier = "medium"
layers = [{ dense = 700 }]
[[stages]]
tier = "heavy"
layers = [{ dense = 840 }]
END
awk 'BEGIN { srand(1); for (i = 0; i < 100; i++) printf "f%d,", i; print "target"
  for (r = 0; r < 100; r++) { s = 0; for (i = 0; i < 100; i++) { v = rand() - 0.5; s += v; printf "%.4f,", v } print (s > 0 ? "a" : "b") } }' >"$work/data.csv"
printf '[rounds]\ngoal = %s\nquorum = %s\ndeadline = "5m"\n[learning]\nsteps_per_update = 1\n' "$nodes" "$nodes" >"$work/coordinator.toml"
printf '[sharing]\nversion_patience = "0s"\n' >"$work/node.toml"
coordinator_init --model "$work/model.toml" >>"$work/coordinator.log"
coordinator_start --config "$work/coordinator.toml"
parameters=$(skerry status --output json | jq .data.model.parameters.heavy)
pids=()
for ((i = 0; i < nodes; i++)); do
  node_join "node-$i"
  node_start "node-$i" --config "$work/node.toml"
  pids+=("$node_pid")
done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
resident() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
coordinator_idle=$(resident "$coordinator_pid") node_idle=$(resident "${pids[0]}")

kill -TERM "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
for ((i = 0; i < nodes; i++)); do feed_in_background "node-$i" --data "$work/data.csv"; done
wait_for_feeds
has_learned() { grep -q 'event=learned' "$work/$1.log"; }
for ((i = 0; i < nodes; i++)); do wait_for 120 "node-$i to learn" has_learned "node-$i"; done

cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }  # of the process alone, without its learner
ticks=$(getconf CLK_TCK)
nodes_before=0
for pid in "${pids[@]}"; do nodes_before=$((nodes_before + $(cpu_ticks "$pid"))); done
first=$(date +%s.%N)
coordinator_start --config "$work/coordinator.toml"
installed() { grep -q 'event=version_installed version=2' "$work/$1.log"; }
for ((i = 0; i < nodes; i++)); do wait_for 120 "node-$i to install version 2" installed "node-$i"; done
nodes_after=0
for pid in "${pids[@]}"; do nodes_after=$((nodes_after + $(cpu_ticks "$pid"))); done

moment() { date -u -d "$(grep -E "$2" "$1" | cut -d' ' -f1 | sort | "$3" -n 1)" +%s.%N; }
published=$(moment "$work/coordinator.log" 'event=version_published version=2' head)
last=$(cat "$work"/node-*.log | grep 'event=version_installed version=2' | cut -d' ' -f1 | sort | tail -n 1)
last=$(date -u -d "$last" +%s.%N)
jq -nc --argjson nodes "$nodes" --argjson parameters "$parameters" --argjson published "$(awk "BEGIN { print $published - $first }")" \
  --argjson installed "$(awk "BEGIN { print $last - $first }")" \
  --argjson coordinator_cpu "$(awk "BEGIN { print $(cpu_ticks "$coordinator_pid") / $ticks }")" \
  --argjson nodes_cpu "$(awk "BEGIN { print ($nodes_after - $nodes_before) / $ticks }")" \
  --argjson coordinator_idle "$coordinator_idle" --argjson coordinator_after "$(resident "$coordinator_pid")" \
  --argjson node_idle "$node_idle" --argjson node_after "$(resident "${pids[0]}")" \
  '{nodes: $nodes, parameters: $parameters, seconds_to_published: $published, seconds_to_installed_everywhere: $installed,
    cpu_seconds: {coordinator: $coordinator_cpu, nodes: $nodes_cpu, all: ($coordinator_cpu + $nodes_cpu)},
    resident_mib: {coordinator_idle: $coordinator_idle, coordinator_after: $coordinator_after, node_idle: $node_idle, node_after: $node_after}}'
