#!/usr/bin/env bash
# Spoken digits, federated by voice: four nodes, each of which hears one speaker only, and a coordinator. How well the model that they make together knows each of the
# four, on recordings that no node has heard, and the two speakers whom nobody has; beside it, what each node knows that shares nothing.
#   --speakers "A B …" ("george jackson lucas nicolas")   --passes N (5)   over each speaker's 450 recordings   --seed S (1)
# Prints a table: the routed accuracy of each model, a column a speaker.
. "$(dirname "$0")/../integration/support.sh"
speakers="george jackson lucas nicolas" passes=5 seed=1
while [ $# -gt 0 ]; do
  case "$1" in
    --speakers) speakers=$2 ;; --passes) passes=$2 ;; --seed) seed=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder fsdd)
everybody="george jackson lucas nicolas theo yweweler"
open_test_fleet

# feed_passes SPEAKER …   each node its own speaker, all at once, pass after pass
feed_passes() {
  local pass speaker
  for ((pass = 0; pass < passes; pass++)); do
    for speaker in "$@"; do feed_in_background "$speaker" --data "$data?speaker=$speaker" --shuffle --seed $((seed * 100 + pass)); done
    wait_for_feeds
  done
  for speaker in "$@"; do wait_for 300 "$speaker to learn the last labels" nothing_to_learn "$speaker"; done
}

# row NAME FILE   the accuracy on each speaker's test recordings
row() {
  printf '| %s |' "$1"
  local speaker
  for speaker in $everybody; do
    evaluate "$2" --data "$data?speaker=$speaker" --split test >"$work/score.json"
    printf ' %.1f |' "$(jq '100 * .data.accuracy_routed' "$work/score.json")"
  done
  printf '\n'
}

# begin FOLDER [flags of skerry-node run]   a fleet with a node a speaker
begin() {
  fleet_open "$fleet_bin" "$top/$1"
  work=$top/$1
  shift
  coordinator_init --model "$root/deploy/examples/model-spoken-digits.toml" --seed "$seed" >>"$work/coordinator.log"
  printf '[rounds]\ngoal = %s\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\n' "$(wc -w <<<"$speakers")" >"$work/coordinator.toml"
  coordinator_start --config "$work/coordinator.toml"
  local speaker
  for speaker in $speakers; do node_join "$speaker"; node_start "$speaker" "$@"; done
  for speaker in $speakers; do wait_for 60 "$speaker" node_ready "$speaker"; done
}

top=$work
begin together
feed_passes $speakers
wait_for 60 "the last round" no_quorum_waits || true
skerry model export newest "$top/together.skm" >/dev/null 2>&1
fleet_close

begin alone --alone
feed_passes $speakers
for speaker in $speakers; do "$fleet_bin/skerry-node" export --dir "$work/$speaker" "$top/$speaker.skm" >/dev/null 2>&1; done
fleet_close

work=$top
printf '| routed accuracy, %% |'
printf ' %s |' $everybody
printf '\n|---|'
for speaker in $everybody; do printf -- '---|'; done
printf '\n'
row "together" "$top/together.skm"
for speaker in $speakers; do row "$speaker's node alone" "$top/$speaker.skm"; done
