#!/usr/bin/env bash
# A tabular stream runs through the same programs with nothing changed but model.toml and the data's path.
. "$(dirname "$0")/support.sh"
data=$(data_folder elec2/elec.csv)
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-electricity.toml" >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 2\ndeadline = "5s"\n[learning]\nsteps_per_update = 2\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1; do wait_for 60 "node-$i" node_ready "node-$i"; done
for i in 0 1; do feed_in_background "node-$i" --data "$data" --skip $((i * 3000)) --limit 3000; done
wait_for_feeds
wait_for 30 "the last round" no_quorum_waits || true

[ "$(skerry status --output json | jq .data.version)" -gt 5 ] || fail "hardly any version was published: $(skerry status)"
for i in 0 1; do
  better=$(jq '.data.accuracy > .data.majority' "$work/node-$i.feed.json")
  [ "$better" = true ] || fail "node-$i is not better than the majority class: $(cat "$work/node-$i.feed.json")"
done
jq -c '.data | {accuracy, majority, last_class}' "$work"/node-?.feed.json
