#!/usr/bin/env bash
# The clients of edge-node/clients against a real node, over TCP and its Unix socket.
. "$(dirname "$0")/support.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
open_test_fleet

coordinator_init --model "$root/deploy/examples/model-digits.toml" >>"$work/coordinator.log"
coordinator_start
node_join node-0
node_start node-0 --alone
wait_for 60 node-0 node_ready node-0
tcp=$(grep -o 'http=[0-9.:]*' "$work/node-0.log" | tail -n 1 | cut -d= -f2)
[ -n "$tcp" ] || fail "the node does not say where it listens"

export PYTHONPATH=$root/edge-node/clients/python PYTHONDONTWRITEBYTECODE=1
for address in "http://$tcp" "$(node_url node-0)"; do
  python3 "$here/python_client_test.py" "$address" digits >"$work/python.log" 2>&1 || fail "$(cat "$work/python.log")"
done
head -c 784 /dev/zero | python3 "$root/edge-node/clients/python/example.py" "http://$tcp" digits 3 >"$work/example.out" ||
  fail "example.py ends with $?"
grep -q '^label accepted$' "$work/example.out" || fail "example.py says: $(cat "$work/example.out")"
echo "ok"
