#!/usr/bin/env bash
# What learning costs a node that gets labels at a steady rate, all of it on: HTTP over the Unix socket, predictions, labels, the learner, updates to a coordinator.
#   --data FOLDER (MNIST)   --rate R (200) labels a second   --samples N (6000) of each measurement
# Prints one JSON line: processor time over wall time, of the node and its learner, as a share of one core. "steady": the world stays; "changing":
# each label becomes the next class, at every thousandth sample anew.
. "$(dirname "$0")/../integration/support.sh"
data='' rate=200 samples=6000
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data=$2 ;; --rate) rate=$2 ;; --samples) samples=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=${data:-$(data_folder mnist)}
serve_digits

status() { "$fleet_bin/skerry-node" status --dir "$work/node-0" --output json; }
steps() { status | jq .data.learning.steps; }
# Ticks of the node, of all learners that have ended, and of the one that runs. A learner that ends in between is counted once, by its parent.
ticks_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"; }
ticks() {
  local learner
  learner=$(learner_of "$node_pid")
  echo $(($(ticks_of "$node_pid") + $([ -z "$learner" ] || ticks_of "$learner" 2>/dev/null || echo 0)))
}
feed() { "$fleet_bin/skerry-node" feed --node "$(node_url node-0)" --data "$data" --output json "$@" >/dev/null 2>>"$work/node-0.feed.log"; }
# cost_of command …   what the node used while that ran, as a share of one core, and the triggers that it learned
cost_of() {
  local began used steps_before
  steps_before=$(steps) began=$(date +%s%N) used=$(ticks)
  "$@"
  jq -nc --argjson used $(($(ticks) - used)) --argjson hz "$(getconf CLK_TCK)" --argjson ns $(($(date +%s%N) - began)) --argjson steps $(($(steps) - steps_before)) \
    '{share_of_core: ($used / $hz / ($ns / 1e9) * 1000 | round / 1000), triggers: $steps}'
}
changing() {
  local sample
  for ((sample = 0; sample < samples; sample += 2000)); do
    feed --rate "$rate" --skip $((1000 + samples + sample)) --limit 2000 --drift-at 1000
  done
}

feed --limit 1000  # the first fit
wait_for 120 "the first fit" nothing_to_learn node-0
steady=$(cost_of feed --rate "$rate" --skip 1000 --limit "$samples")
wait_for 120 "what is left" nothing_to_learn node-0
changing=$(cost_of changing)
jq -nc --argjson rate "$rate" --argjson steady "$steady" --argjson changing "$changing" '{labels_per_second: $rate, steady: $steady, changing: $changing}'
