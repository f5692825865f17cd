#!/usr/bin/env bash
# How late the latest answers are beside a learner: p99 of one node alone, while it learns 200 labels a second, and beside a loop of the kernel's idle class that only
# counts, which is what a learner costs at least. The client has one of two processors to itself.
#   --data FOLDER (MNIST)   --rates "N ..." ("6000 12000 24000") requests a second   --seconds N (2) of each burst   --repeats N (3) of each: 2 bursts alone, 3 beside
# Prints one JSON line for each rate: medians over the bursts, in µs, and all of them. Ratios are within one run.
. "$(dirname "$0")/../integration/support.sh"
data='' rates='6000 12000 24000' seconds=2 repeats=3
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=$2 ;;
    --rates) rates=$2 ;;
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
"$program" feed --node "$socket" --data "$data" --limit 2000 --output json >/dev/null 2>>"$work/node-0.feed.log"
steps() { "$program" status --dir "$work/node-0" --output json | jq .data.learning.steps; }
learns() { at_least "$(steps)" $((before + 1)); }
burst() { taskset -c 1 "$program" bench --node "$socket" --data "$data" --seconds "$seconds" --output json --rate "$1" | jq '.data.latency_us.p99 | round' >>"$work/$2.$1"; }
bursts() { for ((burst = 0; burst < $1; burst++)); do burst "$2" "$3"; done; }  # bursts COUNT RATE NAME
for ((i = 0; i < repeats; i++)); do
  wait_for 60 node-0 nothing_to_learn node-0
  for rate in $rates; do bursts 2 "$rate" alone; done
  chrt --idle 0 bash -c 'while :; do :; done' &
  counter=$!
  for rate in $rates; do bursts 3 "$rate" counter; done
  kill "$counter"
  wait "$counter" 2>/dev/null || true
  before=$(steps)
  feed_in_background node-0 --data "$data" --limit 1000000 --skip 2000 --rate 200
  wait_for 60 node-0 learns  # its learner has started
  for rate in $rates; do bursts 3 "$rate" learning; done
  kill -INT "${feeders[@]}"
  wait_for_feeds
done
for rate in $rates; do
  jq -nc --argjson rate "$rate" --slurpfile alone "$work/alone.$rate" --slurpfile counter "$work/counter.$rate" --slurpfile learning "$work/learning.$rate" '
    def median: sort | .[length / 2 | floor];
    {rate: $rate, p99_us: {alone: ($alone | median), beside_an_idle_loop: ($counter | median), learning: ($learning | median)},
     learning_to_alone: (($learning | median) / ($alone | median)), all: {alone: ($alone | sort), beside_an_idle_loop: ($counter | sort), learning: ($learning | sort)}}'
done
