#!/usr/bin/env bash
# Audio runs through the same programs with nothing changed but model.toml and the data's path: two nodes learn spoken digits, each from a voice of its own.
. "$(dirname "$0")/support.sh"
data=$(data_folder fsdd)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-spoken-digits.toml" >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 2\ndeadline = "5s"\n[learning]\nsteps_per_update = 2\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
voices=(jackson theo)
for i in 0 1; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1; do wait_for 60 "node-$i" node_ready "node-$i"; done

# By hand: PCM in, in JSON and as it comes from a microphone; what is no such number is refused with a sentence.
ask() { curl -s --unix-socket "$work/node-0/infer.sock" http://node/v2/models/spoken-digits/infer "$@"; }
ask -d '{"inputs":[{"name":"input","datatype":"INT16","shape":[3],"data":[1,-2,3]}]}' | jq -e '.outputs[0].data | length == 1' >/dev/null || fail "a recording gets no answer"
ask -d '{"inputs":[{"name":"input","datatype":"FP32","shape":[1],"data":[0.5]}]}' | grep -q 'which is INT16' || fail "half a step is taken for PCM"
head -c 9600 /dev/urandom | ask -H 'Inference-Header-Content-Length: 0' --data-binary @- | jq -e '.outputs[0].data | length == 1' >/dev/null || fail "a raw recording gets no answer"

for pass in 1 2 3; do
  for i in 0 1; do feed_in_background "node-$i" --data "$data?speaker=${voices[i]}" --shuffle --seed "$pass"; done
  wait_for_feeds
done
for i in 0 1; do wait_for 60 "node-$i to learn its last labels" nothing_to_learn "node-$i"; done
wait_for 30 "the last round" no_quorum_waits || true
[ "$(skerry status --output json | jq .data.version)" -gt 1 ] || fail "no version was published: $(skerry status)"
skerry model export newest "$work/model.skm" >/dev/null 2>&1 || fail "the newest version cannot be exported"
for i in 0 1; do
  at_least "$(jq .data.accuracy_window "$work/node-$i.feed.json")" 0.6 || fail "node-$i has learned too little: $(cat "$work/node-$i.feed.json")"
  evaluate "$work/model.skm" --data "$data?speaker=${voices[i]}" --split test >"$work/${voices[i]}.json"
  at_least "$(jq .data.accuracy_routed "$work/${voices[i]}.json")" 0.6 || fail "the version that they made hardly knows ${voices[i]}: $(cat "$work/${voices[i]}.json")"
done
jq -c '{accuracy: .data.accuracy_routed, samples: .data.samples}' "$work/${voices[0]}.json" "$work/${voices[1]}.json"
