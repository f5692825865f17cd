#!/usr/bin/env bash
# How fast one node answers, all of it on: the ring of predictions, HTTP, routing. The client has one core, the node the other,
# but for learning, which takes what they leave.
#   --data FOLDER (MNIST)   --seconds N (5) of each measurement   --repeats N (3): medians over so many interleaved runs
# Prints one JSON line: the light exit's own time and what HTTP adds to it over the Unix socket; the most that one core answers; latency at 70 % of that; deadlines of a
# heavy load; and the same stream while the learner trains. Ratios are within one run.
. "$(dirname "$0")/../integration/support.sh"
data='' seconds=5 repeats=3
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=$2 ;;
    --seconds) seconds=$2 ;;
    --repeats) repeats=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=${data:-$(data_folder mnist)}
open_test_fleet
coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
coordinator_start
node_join node-0
printf '[serving]\nbatching = false\n' >"$work/node.toml"
node_start node-0 --config "$work/node.toml"
wait_for 60 node-0 node_ready node-0
on_cores() { taskset -a -cp "$1" "$node_pid" >/dev/null; }
socket=unix:$work/node-0/infer.sock
bench() { taskset -c 1 "$fleet_bin/skerry-node" bench --node "$socket" --data "$data" --seconds "$seconds" --output json "$@" | jq -c .data; }
median() { jq -s 'sort | .[length / 2 | floor]'; }

"$fleet_bin/skerry-node" feed --node "$socket" --data "$data" --limit 2000 --output json >/dev/null  # so that the margins are those of a model that has learned
"$fleet_bin/skerry-node" export --dir "$work/node-0" "$work/model" >/dev/null
for ((i = 0; i < repeats; i++)); do
  on_cores 0
  taskset -c 0 "$fleet_bin/skerry-node" bench --model "$work/model" --output json | jq .data.exit_us.plain.light >>"$work/light"
  bench --tier-max light --rate 500 --connections 1 | jq .latency_us.p50 >>"$work/p50"
  bench --tier-max light >>"$work/most"
  most=$(jq -s 'map(.rate) | sort | .[length / 2 | floor]' "$work/most")
  bench --tier-max light --rate "$(jq -n "$most * 0.7")" >>"$work/at70"
  bench --tier-max heavy --rate "$(jq -n "$most * 0.5")" --deadline-us 2000 >>"$work/deadlines"
  on_cores 0,1  # its learner has no core of its own
  bench --rate "$(jq -n "$most * 0.5")" | jq .latency_us.p99 >>"$work/alone"
  feed_in_background node-0 --data "$data" --limit 1000000 --skip 2000
  bench --rate "$(jq -n "$most * 0.5")" | jq .latency_us.p99 >>"$work/learning"
  kill -INT "${feeders[@]}"; wait_for_feeds
done
jq -nc --argjson light "$(median <"$work/light")" --argjson p50 "$(median <"$work/p50")" --argjson most "$(jq .rate "$work/most" | median)" \
  --argjson p99 "$(jq .latency_us.p99 "$work/at70" | median)" --argjson late "$(jq .late "$work/deadlines" | median)" \
  --argjson alone "$(median <"$work/alone")" --argjson learning "$(median <"$work/learning")" \
  '{light_exit_us: $light, light_p50_us: $p50, overhead_us: ($p50 - $light), most_per_second: $most, p99_us_at_70_percent: $p99, late_share: $late,
    p99_us: {alone: $alone, while_learning: $learning, ratio: ($learning / $alone)}}'
