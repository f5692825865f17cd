#!/usr/bin/env bash
# One federation of nodes that hold different prefixes of the network: each downloads, holds, trains and sends its own, and no more.
. "$(dirname "$0")/support.sh"
open_test_fleet

# A heavy stage that weighs far more than the others, so that who holds it shows.
sed 's/layers = \[{ conv = 64, kernel = 3 }, { conv = 64, kernel = 3 }\]/layers = [{ conv = 256, kernel = 3 }, { conv = 256, kernel = 3 }]/' \
  "$root/deploy/examples/model-digits.toml" >"$work/model.toml"
grep -q 'conv = 256' "$work/model.toml" || fail "the example model has changed: its heavy stage was not found"
coordinator_init --model "$work/model.toml" >>"$work/coordinator.log"
printf '[rounds]\ngoal = 3\nquorum = 3\ndeadline = "60s"\n[learning]\nsteps_per_update = 1\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"

tiers=(light medium heavy)
for tier in "${tiers[@]}"; do node_join "$tier" --tier "$tier"; node_start "$tier"; done
for tier in "${tiers[@]}"; do wait_for 60 "$tier" node_ready "$tier"; done
for i in 0 1 2; do feed_in_background "${tiers[i]}" --data strokes: --seed "$((i + 1))" --limit 400; done
wait_for_feeds
published() { [ "$(skerry status --output json | jq .data.version)" -ge 3 ]; }
wait_for 120 "two rounds of all three" published

values() { skerry status --output json | jq ".data.model.parameters.$1"; }
status() { "$fleet_bin/skerry-node" status --dir "$work/$1" --output json; }
last_weights() { skerry model export newest --tier "$1" "$work/$1-newest.skm" >/dev/null 2>&1; }

# Each serves its prefix, of versions that all three made, and learns it.
for tier in "${tiers[@]}"; do
  installed() { [ "$(status "$tier" | jq .data.model.installed)" -ge 2 ]; }
  wait_for 60 "$tier to install what all made" installed
  "$fleet_bin/skerry-node" export --dir "$work/$tier" "$work/$tier.skm" >/dev/null 2>&1
  last_weights "$tier"
  [ "$(stat -c %s "$work/$tier.skm")" -lt $((4 * $(values "$tier") + 8192)) ] || fail "$tier holds more than its prefix"
  [ "$(stat -c %s "$work/$tier.skm")" -ge $((4 * $(values "$tier"))) ] || fail "$tier holds less than its prefix"
  [ "$(status "$tier" | jq .data.learning.steps)" -gt 0 ] || fail "$tier has learned nothing: $(status "$tier" | jq -c .data.learning)"
done

# An update has the size of its sender's prefix: what the coordinator counted, by sender.
skerry round list --output json >"$work/rounds.json"
round=$(jq '[.data[] | select(.state == "published")][0].id' "$work/rounds.json")
skerry round show "$round" --output json >"$work/round.json"
sent() { jq "[.data.contributors[] | select(.name == \"$1\")][0].bytes" "$work/round.json"; }
for tier in "${tiers[@]}"; do
  [ "$(jq -r "[.data.contributors[] | select(.name == \"$tier\")][0].tier" "$work/round.json")" = "$tier" ] || fail "$tier sent another tier: $(jq -c .data.contributors "$work/round.json")"
  [ "$(sent "$tier")" -lt $((4 * $(values "$tier") + 8192)) ] || fail "$tier sent $(sent "$tier") bytes for $(values "$tier") values"
done
[ "$(sent light)" -lt "$(sent medium)" ] && [ "$(sent medium)" -lt "$(sent heavy)" ] || fail "a lighter node does not send less: $(jq -c .data.contributors "$work/round.json")"

# The lighter, the smaller.
resident() { status "$1" | jq .data.process.resident_memory_bytes; }
[ $(($(resident light) + 4 * ($(values heavy) - $(values light)))) -lt "$(resident heavy)" ] ||
  fail "light takes $(resident light) bytes, heavy $(resident heavy): the difference is less than the weights it does not hold"

# A request that asks for more gets the deepest exit there is, and the answer says which.
body() { jq -nc --arg tier "$1" '{parameters: {skerry_tier_max: $tier}, inputs: [{name: "input", datatype: "UINT8", shape: [8, 1, 28, 28], data: [range(6272) | (. * 7919 % 251)]}]}'; }
for i in 0 1 2; do
  tier=${tiers[i]}
  curl -sf --unix-socket "$work/$tier/infer.sock" http://node/v2/models/digits/infer -d "$(body heavy)" >"$work/answer.json" || fail "$tier does not answer"
  jq -r '[.. | .data? // empty | .[]? | select(. == "light" or . == "medium" or . == "heavy")] | .[]' "$work/answer.json" >"$work/answered"
  [ "$(wc -l <"$work/answered")" -eq 8 ] || fail "$tier does not say which exits answered: $(cat "$work/answer.json")"
  for above in "${tiers[@]:$((i + 1))}"; do ! grep -qx "$above" "$work/answered" || fail "$tier answers with an exit that it does not hold"; done
  status "$tier" | jq -e ".data.node.tier == \"$tier\"" >/dev/null || fail "$tier does not say what it holds"
done

for tier in "${tiers[@]}"; do
  jq -nc --arg tier "$tier" --argjson values "$(values "$tier")" --argjson sent "$(sent "$tier")" --argjson resident "$(resident "$tier")" \
    '{tier: $tier, values: $values, update_bytes: $sent, resident_bytes: $resident}'
done
