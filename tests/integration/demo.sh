#!/usr/bin/env bash
# The demo, small: it ends by itself in a working fleet, whose model is better than that of any node alone.
. "$(dirname "$0")/support.sh"
open_test_fleet
"$root/deploy/demo.sh" --nodes 3 --samples 1500 >"$work/demo.txt" 2>&1 || { tail -n 20 "$work/demo.txt" >&2; fail "the demo failed"; }
grep -q "^The fleet works\.$" "$work/demo.txt" || fail "the demo does not say that the fleet works: $work/demo.txt"
federated=$(sed -n 's/^ *federated model *\([0-9.]*\)%.*/\1/p' "$work/demo.txt")
for alone in $(sed -n 's/^ *node [0-9]* alone *\([0-9.]*\)%.*/\1/p' "$work/demo.txt"); do
  at_least "$federated" "$alone" || fail "a node alone reaches $alone %, the federated model $federated %"
done
grep -E "alone|federated" "$work/demo.txt"
