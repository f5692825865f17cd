#!/usr/bin/env bash
# How fast one node answers, all of it on: the ring of predictions, HTTP over the Unix socket, binary tensors, routing. The client has one core to itself, the node the
# other; only where learning is measured the node, its learner and the feed may use both.
#   --data FOLDER (MNIST)   --seconds N (3) of each measurement   --repeats N (3): medians over so many interleaved runs
# Prints one JSON line. Ratios and differences are within one run.
. "$(dirname "$0")/../integration/support.sh"
data='' seconds=3 repeats=3
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
serve_digits '[serving]' 'batching = false'
socket=$(node_url node-0)
program=$fleet_bin/skerry-node
"$program" feed --node "$socket" --data "$data" --limit 2000 --output json >/dev/null 2>>"$work/node-0.feed.log"  # so that the margins are those of a model that has learned
"$program" export --dir "$work/node-0" "$work/model" >/dev/null
status() { "$program" status --dir "$work/node-0" --output json; }
executor=$(status | jq -r '.data.serving.executors.winners.light.stage["1"].executor')

on_cores() { taskset -a -cp "$1" "$node_pid" >/dev/null; }
bench() { taskset -c 1 "$program" bench --node "$socket" --data "$data" --seconds "$seconds" --output json "$@" | jq -c .data; }
light() { bench --tier-max light "$@"; }
bursts() { for burst in 1 2 3; do bench --rate "$1"; done | jq -sc 'sort_by(.latency_us.p99) | .[1]'; }  # the middle one: a burst's p99 is that of one host's moment
median_of() { jq -s "map($1) | sort | .[length / 2 | floor]" "$work/$2"; }  # median_of .latency_us.p50 NAME
at_share() { jq -n "$1 * $2"; }
busy() { cut -d' ' -f1 "/proc/$node_pid/task/$node_pid/schedstat"; }
# How many requests a second, at random times, keep the node's loop busy for half of the time. Not half of the most: that many come in bunches, which a loop reads at once
# and for which it wakes once, so at random times half of them may be all that it can do.
half_load() {
  local before seconds_busy
  before=$(busy)
  bench --rate 10000 >"$work/moderate"
  seconds_busy=$(jq -n "($(busy) - $before) / 1e9")
  jq "0.5 * .rate * .seconds / $seconds_busy | round" "$work/moderate"
}
for ((i = 0; i < repeats; i++)); do
  on_cores 0
  taskset -c 0 "$program" bench --model "$work/model" --output json | jq ".data.exit_us.$executor.light" >>"$work/own"
  light --connections 1 >>"$work/one_by_one"
  light --connections 1 --rate 500 >>"$work/seldom"
  light >>"$work/most"
  light --rate 10000 >>"$work/at_10000"
  light --rate "$(at_share "$(median_of .rate most)" 0.7)" >>"$work/at_70"
  on_cores 0,1
  bench >>"$work/routed"
  half=$(half_load)
  echo "$half" >>"$work/half"
  bench --rate "$half" --deadline-us 2000 >>"$work/deadline"
  bursts "$half" >>"$work/alone"
  before=$(status | jq .data.learning.steps)
  learns() { at_least "$(status | jq .data.learning.steps)" $((before + 3)); }
  feed_in_background node-0 --data "$data" --limit 1000000 --skip 2000 --rate 200
  wait_for 60 node-0 learns  # its learner has started, and has found out whether there is time to spare
  bursts "$half" >>"$work/learning"
  kill -INT "${feeders[@]}"
  wait_for_feeds
  at_least "$(status | jq .data.learning.steps)" $((before + 4)) || fail "the learner has not trained meanwhile"
done
jq -nc --arg executor "$executor" --argjson own "$(median_of . own)" --argjson one_by_one "$(median_of .latency_us.p50 one_by_one)" \
  --argjson seldom "$(median_of .latency_us.p50 seldom)" --argjson most "$(median_of .rate most)" --argjson open "$(median_of .rate at_10000)" \
  --argjson open50 "$(median_of .latency_us.p50 at_10000)" --argjson open99 "$(median_of .latency_us.p99 at_10000)" \
  --argjson at70 "$(median_of .latency_us.p99 at_70)" --argjson late "$(median_of .late deadline)" --argjson routed "$(median_of .rate routed)" \
  --argjson alone "$(median_of .latency_us.p99 alone)" --argjson learning "$(median_of .latency_us.p99 learning)" \
  --argjson half "$(jq -s 'sort | .[length / 2 | floor]' "$work/half")" --argjson ratios "$(jq -nc '[[inputs.latency_us.p99] | _nwise(2) | .[1] / .[0]]' <(paste -d '\n' "$work/alone" "$work/learning"))" \
  '{light_us: {executor: $executor, own: $own, p50_one_by_one: $one_by_one, overhead: ($one_by_one - $own), p50_at_500: $seldom},
    light_per_second: {most: $most, at_10000: {answered: $open, p50_us: $open50, p99_us: $open99}, p99_us_at_70_percent: $at70},
    late_share_of_2ms: $late, routed_per_second: $routed,
    p99_us_at_half_load: {per_second: $half, alone: $alone, while_learning: $learning, ratio: ($ratios | sort | .[length / 2 | floor])}}'
