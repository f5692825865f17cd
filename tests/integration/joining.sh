#!/usr/bin/env bash
# Who gets in, who does not, and what each is told; a revoked node; a coordinator whose key is another; and how the coordinator starts and ends.
. "$(dirname "$0")/support.sh"
open_test_fleet
node=$fleet_bin/skerry-node
model=$root/deploy/examples/model-digits.toml

new_token() { skerry token create "$@" --output json | jq -r .data.token; }

coordinator_init --model "$model" >>"$work/coordinator.log"
[ "$(stat -c %a "$work/coordinator/root.key")" = 600 ] || fail "root.key can be read by others"
expect 7 "holds a federation already" "$fleet_bin/skerry-coordinator" init --dir "$work/coordinator" --model "$model"
printf '[rounds]\ngaol = 3\n' >"$work/wrong.toml"
expect 78 "wrong.toml:2: unknown key 'rounds.gaol'" "$fleet_bin/skerry-coordinator" run --dir "$work/coordinator" --config "$work/wrong.toml"
coordinator_start
expect 7 "" "$fleet_bin/skerry-coordinator" run --dir "$work/coordinator"

token=$(new_token)
"$node" join --dir "$work/node-0" --token "$token" --name node-0 >>"$work/node-0.log"
[ "$(stat -c %a "$work/node-0/identity.key")" = 600 ] || fail "identity.key can be read by others"
expect 4 "the token has been used: ask the operator for a new one" "$node" join --dir "$work/late" --token "$token" --name late
expect 2 "the token is mistyped" "$node" join --dir "$work/typo" --token "${token:0:20}-${token:21}" --name typo
expired=$(new_token --ttl 1s)
is_expired() { skerry token list --output json | jq -e '[.data[].state] | index("expired")'; }
wait_for 10 "the token to expire" is_expired
expect 4 "the token expired" "$node" join --dir "$work/late" --token "$expired" --name late
expect 2 "--ttl is at most 7d" skerry token create --ttl 30d
unused=$(new_token)

# Revoked while it runs: it hears of it, serves on, and cannot come back.
node_start node-0
wait_for 60 node-0 node_ready node-0
skerry node revoke node-0 --yes --reason "left in a train" >/dev/null
told() { grep -q event=revoked "$work/node-0.log"; }
wait_for 30 "the node to hear of its revocation" told
node_ready node-0 >/dev/null || fail "a revoked node does not serve any more"
"$node" status --dir "$work/node-0" | grep -q "join in a new folder" || fail "its status does not say what to do"
kill -TERM "$node_pid"; wait "$node_pid" || fail "the node ends with $? after SIGTERM"

kill -TERM "$coordinator_pid"; wait "$coordinator_pid" || fail "the coordinator ends with $? after SIGTERM"
grep -q event=stopped "$work/coordinator.log" || fail "the coordinator did not drain"

# Another coordinator in its place is not the one that the token pins.
mv "$work/coordinator" "$work/first"
coordinator_init --model "$model" >>"$work/coordinator.log"
cp "$work/first/endpoints.json" "$work/coordinator/"
coordinator_start
expect 3 "does it still hold the key that this token pins?" "$node" join --dir "$work/late" --token "$unused" --name late
[ "$(skerry node list --output json | jq '.data | length')" -eq 0 ] || fail "somebody got in with another federation's token"
echo ok
