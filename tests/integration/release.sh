#!/usr/bin/env bash
# An operator takes a version back and pins it: nodes install the old weights under the next number, nothing closes until the pin goes, and then rounds go on from there.
. "$(dirname "$0")/support.sh"
open_test_fleet
coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
printf '[rounds]\ngoal = 2\nquorum = 2\ndeadline = "2s"\n[learning]\nsteps_per_update = 1\nupdate_encoding = "int8+zstd"\n' >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
for i in 0 1; do node_join "node-$i"; node_start "node-$i"; done
for i in 0 1; do wait_for 60 "node-$i" node_ready "node-$i"; done
for i in 0 1; do feed_in_background "node-$i" --data "strokes:?writer=$i&seed=$i" --limit 1000000; done
newest() { skerry status --output json | jq .data.version; }
reached() { [ "$(newest)" -ge "$1" ]; }
digest() { skerry model show "$1" --output json | jq -r .data.digests.heavy; }
wait_for 60 "four versions" reached 5
# While a round is being summed it is refused; then again.
rolled_back() { skerry model rollback 3 --reason 'a test' --pin >"$work/rollback" 2>&1; }
wait_for 30 "a moment in which nothing is summed" rolled_back
back=$(newest)
grep -qx "version $back has the weights of version 3 again" "$work/rollback"
[ "$(digest "$back")" = "$(digest 3)" ] || fail "version $back has other weights than version 3"
skerry status | grep -q "pinned .*: a test" || fail "skerry status does not say that version $back is pinned"
holds() { [ "$(skerry node show "$1" --output json | jq .data.version)" -ge "$2" ]; }
for i in 0 1; do wait_for 30 "node-$i to install it" holds "node-$i" "$back"; done
both_wait() { [ "$(skerry status --output json | jq '.data.updates.accepted - .data.updates.counted')" -eq 2 ]; }
wait_for 30 "both nodes' updates" both_wait
kill -KILL "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
coordinator_start --config "$work/coordinator.toml"
[ "$(newest)" -eq "$back" ] || fail "a pinned version was followed by another"
skerry model pin --reason twice >"$work/twice" 2>&1 && fail "it can be pinned twice"
grep -q "skerry model unpin" "$work/twice"
skerry model unpin >/dev/null
wait_for 30 "rounds to close again" reached $((back + 2))
round=$(skerry model show $((back + 1)) --output json | jq .data.round)
skerry round verify "$round" --output json | jq -e .data.intact >/dev/null || fail "round $round is not its parent plus its updates"
skerry model show "$back" | grep -q "the weights of version 3 again: a test"
# Of heavy alone: what light and medium are stays to the last byte, and the fleet goes on from there too.
heavy_back() { skerry model rollback 3 --tier heavy --reason 'heavy is overfit' >"$work/heavy" 2>&1; }
wait_for 30 "a moment in which nothing is summed" heavy_back
part=$(grep -o '^version [0-9]* has' "$work/heavy" | grep -o '[0-9]*')
grep -qx "version $part has the weights of version 3 from heavy on again" "$work/heavy"
prefixes() { skerry model show "$1" --output json | jq -c '[.data.digests.light, .data.digests.medium]'; }
[ "$(prefixes "$part")" = "$(prefixes $((part - 1)))" ] || fail "a rollback of heavy changed light or medium"
[ "$(digest "$part")" != "$(digest $((part - 1)))" ] || fail "a rollback of heavy changed nothing"
wait_for 30 "rounds to go on from it" reached $((part + 2))
for i in 0 1; do wait_for 30 "node-$i to install it" holds "node-$i" "$part"; done
skerry fsck --output json | jq -e '.data.problems | length == 0' >/dev/null || fail "fsck: $(skerry fsck)"
echo "ok: version $back has version 3's weights again, pinned, and version $part those of its heavy alone, followed by $(newest)"
