#!/usr/bin/env bash
# Text runs through the same programs with nothing changed but model.toml and the data's path: two nodes learn to tell spam from their own messages, and together.
. "$(dirname "$0")/support.sh"
data=$(data_folder sms-spam/SMSSpamCollection)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-messages.toml" >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 2\ndeadline = "5s"\n[learning]\nsteps_per_update = 2\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1; do wait_for 60 "node-$i" node_ready "node-$i"; done

# By hand, before anything was learned: a string in, and what is no string refused with a sentence.
socket=$work/node-0/infer.sock
ask() { curl -s --unix-socket "$socket" http://node/v2/models/messages/infer "$@"; }
ask -d '{"inputs":[{"name":"input","datatype":"BYTES","shape":[2],"data":["See you at five","WIN £1000 now!"]}]}' |
  jq -e '.outputs[0].data | length == 2' >/dev/null || fail "two texts do not get two answers"
ask -d '{"inputs":[{"name":"input","datatype":"UINT8","shape":[1],"data":[1]}]}' | grep -q 'must be strings' || fail "numbers are taken for text"
printf 'a\377' | ask -H 'Inference-Header-Content-Length: 0' --data-binary @- | grep -q 'not UTF-8 at byte 1' || fail "bytes are taken for text"

for i in 0 1; do feed_in_background "node-$i" --data "$data" --skip $((i * 1500)) --limit 1500; done
wait_for_feeds
wait_for 30 "the last round" no_quorum_waits || true
[ "$(skerry status --output json | jq .data.version)" -gt 3 ] || fail "hardly any version was published: $(skerry status)"
for i in 0 1; do
  at_least "$(jq .data.accuracy_window "$work/node-$i.feed.json")" 0.93 || fail "node-$i has learned too little: $(cat "$work/node-$i.feed.json")"
done

# What both have learned, on messages that neither has seen.
skerry model export newest "$work/model.skm" >/dev/null 2>&1 || fail "the newest version cannot be exported"
evaluate "$work/model.skm" --data "$data" --skip 3000 >"$work/evaluation.json"
at_least "$(jq .data.accuracy_routed "$work/evaluation.json")" 0.95 || fail "the version that they made is too weak: $(cat "$work/evaluation.json")"
at_least "$(jq .data.accuracy_balanced "$work/evaluation.json")" 0.85 || fail "it hardly knows spam: $(cat "$work/evaluation.json")"
jq -c '.data | {accuracy, accuracy_window, majority}' "$work"/node-?.feed.json
jq -c '.data | {accuracy_routed, accuracy_balanced, majority}' "$work/evaluation.json"
