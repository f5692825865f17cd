#!/usr/bin/env bash
# The clients of edge-node/clients and the examples of API.md against a real node, over TCP and its Unix socket: one
# process that serves an image, a text and an audio model.
. "$(dirname "$0")/support.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
open_test_fleet
serve_together digits messages spoken-digits

export PYTHONPATH=$root/edge-node/clients/python PYTHONDONTWRITEBYTECODE=1
for address in "http://$tcp" "$(node_url digits-node)"; do
  python3 "$here/python_client_test.py" "$address" digits >"$work/python.log" 2>&1 || fail "$(cat "$work/python.log")"
done
head -c 784 /dev/zero | python3 "$root/edge-node/clients/python/example.py" "http://$tcp" digits 3 >"$work/example.out" ||
  fail "example.py ends with $?"
grep -q '^label accepted$' "$work/example.out" || fail "example.py says: $(cat "$work/example.out")"

# The example for C++, which was built with the tests.
for address in "http://$tcp" "$(node_url digits-node)"; do
  head -c 784 /dev/zero | "$fleet_bin/clients/client_example" "$address" digits 3 >"$work/example.out" 2>&1 || fail "the example says: $(cat "$work/example.out")"
  grep -q '^label accepted$' "$work/example.out" || fail "the example says: $(cat "$work/example.out")"
done
# Text and audio, by both.
printf 'See you at five' | "$fleet_bin/clients/client_example" "http://$tcp" messages ham >"$work/example.out" 2>&1 || fail "the example says: $(cat "$work/example.out")"
grep -q '^label accepted$' "$work/example.out" || fail "the example says of a text: $(cat "$work/example.out")"
python3 - "http://$tcp" <<'PYTHON' || fail "the Python client cannot send text and audio"
import array
import sys
from skerry_client import Node, NodeError
with Node(sys.argv[1], "messages") as node:
    one, two = node.infer("See you at five"), node.infer(["See you at five", "WIN £1000 now"])
    assert len(one.labels) == 1 and len(two.labels) == 2
    assert max(abs(a - b) for a, b in zip(one.probabilities[0], two.probabilities[0])) < 1e-5
    assert node.feedback([(one.id, "ham")])["accepted"] == 1
    try:
        node.infer("")
        raise AssertionError("an empty text is answered")
    except NodeError as error:
        assert error.status == 400 and "empty" in str(error), error
with Node(sys.argv[1], "spoken-digits") as node:
    sound = [(i * 37) % 2000 - 1000 for i in range(3000)]
    answers = [node.infer(way) for way in (sound, array.array("h", sound), array.array("h", sound).tobytes())]
    assert all(len(answer.labels) == 1 and len(answer.probabilities[0]) == 10 for answer in answers)
    assert len(node.infer([sound, sound]).labels) == 2
PYTHON
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
