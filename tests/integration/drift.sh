#!/usr/bin/env bash
# Half-way each label becomes the next class, at every node: it raises alarms, each is in the ledger once, also after kill -9, and the
# round that gathers then is an early one. Prints the alarms, and how long it took from the first early one to its version.
. "$(dirname "$0")/support.sh"
samples=1400 drift_at=700
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
printf '[rounds]\ngoal = 3\nquorum = 2\ndeadline = "5m"\nearly_interval = "20s"\n[learning]\nsteps_per_update = 3\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1 2; do node_join "node-$i"; node_start "node-$i"; pids[i]=$node_pid; done
for i in 0 1 2; do wait_for 60 "node-$i" node_ready "node-$i"; done
for i in 0 1 2; do feed_in_background "node-$i" --data "strokes:?writer=$i&seed=$i" --limit "$samples" --drift-at "$drift_at"; done

alarms() { skerry drift list --limit 1000 --output json | jq -e "$1" >/dev/null; }
alarms_of() { "$fleet_bin/skerry-node" drift --dir "$work/$1" --limit 1000 --output json | jq -e "$2"; }
fleet_hears() { for i in 0 1 2; do grep -q 'event=fleet_drifts' "$work/node-$i.log" || return 1; done; }
wait_for 60 "a node to raise an alarm" alarms '.data.alarms != []'
wait_for 20 "every node to hear that the fleet is in drift" fleet_hears

# A node and the coordinator die, wherever they are.
kill -KILL "${pids[0]}" "$coordinator_pid"
wait "${pids[0]}" "$coordinator_pid" 2>/dev/null || true
coordinator_start --config "$work/coordinator.toml"
node_start node-0
wait_for_feeds
for i in 0 1 2; do wait_for 60 "node-$i to learn its last labels" nothing_to_learn "node-$i"; done

# What a node has on record is what the ledger has of it, each once.
settled() {
  local newest
  newest=$(alarms_of "$1" '[.data.alarms[].number] | max // 0')
  alarms "[.data.alarms[] | select(.name == \"$1\") | .number] | ($newest == 0 or length >= 12 or max == $newest)"
}
for i in 0 1 2; do wait_for 40 "the ledger to have the alarms of node-$i" settled "node-$i"; done
alarms '.data.alarms | length == (unique_by([.node, .number]) | length)' || fail "an alarm is on record twice"
for i in 0 1 2; do
  alarms_of "node-$i" '.data.alarms | length == (unique_by(.number) | length) and length > 0' >/dev/null || fail "node-$i has seen no drift, or one twice"
done

early=$(skerry drift list --limit 1000 --output json | jq '[.data.alarms[] | select(.early_round != null)] | min_by(.id).id')
skerry drift show "$early" --output json | jq -e '.data.round.state == "published"' >/dev/null || fail "no early round: $(skerry drift show "$early")"
round=$(skerry drift show "$early" --output json | jq .data.early_round)
skerry round show "$round" | grep -q '^Early .*drift on node-' || fail "the round does not say why it was early: $(skerry round show "$round")"
skerry drift list | grep -q 'node-' || fail "the table is empty"
"$fleet_bin/skerry-node" status --dir "$work/node-1" | grep -q '^drift ' || fail "the status page does not tell of drift"
skerry drift list --limit 1000 --output json | jq -c --argjson shown "$(skerry drift show "$early" --output json)" '
  {alarms: (.data.alarms | length), of_all_classes: ([.data.alarms[] | select(.class == null)] | length),
   early_rounds: ([.data.alarms[].early_round | select(. != null)] | unique | length),
   seconds_to_version: (($shown.data.round.ended_at | sub("\\.[0-9]+"; "") | fromdate) - ($shown.data.recorded_at | sub("\\.[0-9]+"; "") | fromdate))}'
