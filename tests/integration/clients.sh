#!/usr/bin/env bash
# The clients of edge-node/clients and the examples of API.md against a real node, over TCP and its Unix socket.
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

# The example for C++, which was built with the tests.
for address in "http://$tcp" "$(node_url node-0)"; do
  head -c 784 /dev/zero | "$fleet_bin/clients/client_example" "$address" digits 3 >"$work/example.out" 2>&1 || fail "the example says: $(cat "$work/example.out")"
  grep -q '^label accepted$' "$work/example.out" || fail "the example says: $(cat "$work/example.out")"
done
head -c 783 /dev/zero | expect 1 "a sample has 784" "$fleet_bin/clients/client_example" "http://$tcp" digits 3
head -c 784 /dev/zero | expect 1 "Request for unknown model: 'nobody' is not found" "$fleet_bin/clients/client_example" "http://$tcp" nobody 3

# Every example of the contract, as it stands there; the last one shows its answer.
contract=$root/edge-node/api/API.md
mapfile -t examples < <(sed -n '/^```/,/^```/p' "$contract" | grep -E '^(curl|head) ')
[ "${#examples[@]}" -ge 3 ] || fail "API.md has lost its examples"
for example in "${examples[@]}"; do
  bash -c "${example//localhost:8000/$tcp}" >"$work/example.json" || fail "'$example' fails"
  jq -e 'has("error") | not' "$work/example.json" >/dev/null || fail "'$example' is answered with $(cat "$work/example.json")"
done
[ "$(cat "$work/example.json")" = "$(grep '^{"accepted"' "$contract")" ] || fail "feedback answers otherwise: $(cat "$work/example.json")"
echo "ok"
