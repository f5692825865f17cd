#!/usr/bin/env bash
# A node within a memory budget: it serves, its learner waits where it does not fit, and no label is lost; with more memory it learns them.
. "$(dirname "$0")/support.sh"
open_test_fleet
node=$fleet_bin/skerry-node

expect 2 "--memory-budget" "$node" run --dir "$work/nowhere" --memory-budget much
expect 78 "16MB" "$node" run --dir "$work/nowhere" --memory-budget 1MB

coordinator_init --model "$root/deploy/examples/model-digits.toml" >>"$work/coordinator.log"
coordinator_start
node_join node-0
status() { "$node" status --dir "$work/node-0" --output json; }

node_start node-0 --alone --memory-budget 64MB
wait_for 60 node-0 node_ready node-0
feed_in_background node-0 --data strokes: --limit 150
wait_for_feeds
waits() { status | jq -e '.data.memory.waits | startswith("learning waits")'; }
wait_for 30 "the learner to be refused" waits
status | jq -e '.data.learning | .steps == 0 and .samples_waiting == 150' >/dev/null || fail "a label was learned or lost: $(status | jq -c .data.learning)"
status | jq -e '.data.process.learner_pid == null' >/dev/null || fail "a learner runs"
status | jq -e '.data.process.resident_memory_bytes < 64000000' >/dev/null || fail "it holds more than its budget: $(status | jq -c .data.process)"
"$node" status --dir "$work/node-0" | grep -q "budget 64.0 MB" || fail "the screen does not show the budget: $("$node" status --dir "$work/node-0")"
grep -q 'event=waits_for_memory' "$work/node-0.log" || fail "the log does not say that it waits"

kill -TERM "$node_pid"
wait "$node_pid" || fail "it ends with $? after SIGTERM"
node_start node-0 --alone --memory-budget 1GB
learned() { [ "$(status | jq .data.learning.steps)" -gt 0 ]; }
wait_for 120 "the step that had waited" learned
status | jq -e '.data.learning.samples_waiting == 50 and .data.memory.waits == ""' >/dev/null || fail "it does not go on: $(status | jq -c '[.data.learning, .data.memory]')"
status | jq -c '.data.memory'
