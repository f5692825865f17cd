#!/usr/bin/env bash
# The program skerry-node as a service manager and an operator see it: its configuration, its exit codes and how it ends.
. "$(dirname "$0")/support.sh"
open_test_fleet
node=$fleet_bin/skerry-node

"$node" run --print-config >"$work/printed.toml" || fail "--print-config fails"
"$node" run --config "$work/printed.toml" --print-config | cmp - "$work/printed.toml" || fail "it does not read back what it prints"

printf 'http = "127.0.0.1:0"\n[learning]\nsampels = 3\n' >"$work/wrong.toml"
expect 78 "sampels" "$node" run --config "$work/wrong.toml"
grep -qF "$work/wrong.toml" "$work/err" || fail "the file is not named: $(cat "$work/err")"
expect 6 "skerry-node join" "$node" run --dir "$work/nowhere"
expect 2 "" "$node" run --no-such-flag
expect 2 "--split is train or test" "$node" feed --node "unix:$work/nowhere.sock" --data strokes: --split neither

coordinator_init --model "$root/deploy/examples/model-digits.toml" >>"$work/coordinator.log"
coordinator_start
node_join node-0
node_start node-0 --alone
wait_for 60 node-0 node_ready node-0
expect 2 "up to 1000" "$node" errors --dir "$work/node-0" --limit 2000
expect 7 "another skerry-node works in" "$node" run --dir "$work/node-0"
expect 2 "add --yes" "$node" model rollback --dir "$work/node-0" </dev/null
expect 6 "keeps version 1" "$node" model rollback --dir "$work/node-0" --to 9 --yes
[ "$("$node" model rollback --dir "$work/node-0" --yes --output json | jq .data.version)" = 1 ] || fail "it is not rolled back"

# SIGTERM while a stream runs: what was accepted is answered, and the program ends by itself with 0.
feed_in_background node-0 --data strokes: --limit 1000000
fed() { [ "$("$node" status --dir "$work/node-0" --output json | jq '.data.serving.requests')" -gt 20 ]; }
wait_for 30 "the stream" fed
kill -TERM "$node_pid"
wait "$node_pid" || fail "it ends with $? after SIGTERM: $(tail -n 3 "$work/node-0.log")"
grep -q event=stopped "$work/node-0.log" || fail "it did not drain: $(tail -n 3 "$work/node-0.log")"
kill -INT "${feeders[0]}"
wait_for_feeds
[ "$(jq .data.labels_accepted "$work/node-0.feed.json")" -gt 0 ] || fail "the interrupted feed shows no summary"
echo "ok"
