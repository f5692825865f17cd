#!/usr/bin/env bash
# A node in quarantine: it gets versions and learns, one update of it is kept and counts nowhere, and it says why; the fleet goes on without it, also
# through kill -9 of the coordinator; released, it counts again.
. "$(dirname "$0")/support.sh"
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 2\ndeadline = "5s"\n[learning]\nsteps_per_update = 1\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1 2; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1 2; do wait_for 60 "node-$i" node_ready "node-$i"; done
feed_all() {
  for i in 0 1 2; do feed_in_background "node-$i" --data "strokes:?writer=$i&seed=$1" --limit 500; done
  wait_for_feeds
}
of_node() { skerry node show node-0 --output json | jq -e "$1" >/dev/null; }
of_status() { skerry status --output json | jq -e "$1" >/dev/null; }

expect 2 "--reason is required" skerry node quarantine node-0
skerry node quarantine node-0 --reason "its camera was moved" >/dev/null
expect 7 "is in quarantine since" skerry node quarantine node-0 --reason again
feed_all 1
wait_for 30 "an update of node-0 to be held" of_node '.data.quarantine.held == 1'
wait_for 30 "a version of the others" of_status '.data.version > 1'
wait_for 30 "node-0 to say why it waits" bash -c '"$0" status --dir "$1" | grep -q "its camera was moved"' "$fleet_bin/skerry-node" "$work/node-0"
wait_for 30 "node-0 to hold a version that counts nothing of it" of_node '.data.version > 1 and .data.sequence_counted == 0'

kill -KILL "$coordinator_pid"
wait "$coordinator_pid" 2>/dev/null || true
coordinator_start --config "$work/coordinator.toml"
of_node '.data.state == "quarantined" and .data.quarantine.held == 1' || fail "a restart has forgotten: $(skerry node show node-0)"
skerry node list | grep -q 'node-0 is in quarantine since .* (operator): its camera was moved' || fail "the list does not say so: $(skerry node list)"
skerry status | grep -q '1 in quarantine' || fail "the status does not say so: $(skerry status)"

skerry node release node-0 >/dev/null
feed_all 2
wait_for 60 "node-0 to count" of_node '.data.sequence_counted >= 1 and .data.state == "active"'
of_status '.data.updates.held == 0 and .data.updates.refused == 0' || fail "something is held or refused: $(skerry status)"
skerry audit list --kind node_released | grep -q 'node-0 was released' || fail "the audit does not tell of it: $(skerry audit list)"
skerry status --output json | jq -c '{version: .data.version, updates: .data.updates}'
