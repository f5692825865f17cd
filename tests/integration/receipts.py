"""What every update came to, after a torture: receipts.py SKERRY COORDINATOR_DIR WORK NODES
Fails where an update is counted twice, a receipt that a node has seen has no fate, or a round does not recompute to what it published. In one process, since
bash's wait goes astray once it has started more processes than there are process numbers."""

import collections
import json
import re
import subprocess
import sys

RECEIPT = re.compile(r"event=update_accepted .*?sequence=(\d+)")


def main(skerry, coordinator, work, nodes):
    def ask(*verb):
        command = [skerry, "--dir", coordinator, *verb, "--output", "json"]
        answer = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        try:
            return json.loads(answer.stdout)["data"]
        except (ValueError, KeyError):
            sys.exit(f"FAILED: '{' '.join(command)}' ends with {answer.returncode} and no document")

    rounds = ask("round", "list", "--limit", "100000")
    published = [r["id"] for r in rounds if r["state"] == "published"]
    counted = collections.Counter()
    for number in map(str, published):
        counted.update((c["node"], c["sequence"]) for c in ask("round", "show", number)["contributors"])
        if not ask("round", "verify", number)["intact"]:
            sys.exit(f"FAILED: round {number} does not recompute to what was published")
    twice = [update for update, times in counted.items() if times > 1]
    if twice:
        sys.exit(f"FAILED: counted twice: {twice[:3]}")

    # What is accepted and not counted still waits in the pool, at most one of each node.
    accepted = ask("status")["updates"]["accepted"]
    waiting = accepted - len(counted)
    if not 0 <= waiting <= nodes:
        sys.exit(f"FAILED: {accepted} updates have receipts, {len(counted)} are counted")
    uncounted = 0
    for name in (f"node-{i}" for i in range(nodes)):
        node = ask("node", "show", name)
        with open(f"{work}/{name}.log", encoding="utf-8", errors="replace") as log:
            receipts = {int(found.group(1)) for found in map(RECEIPT.search, log) if found}
        missing = {sequence for sequence in receipts if (node["id"], sequence) not in counted}
        if missing - {node["sequence_accepted"]}:
            sys.exit(f"FAILED: {name} holds receipts for {sorted(missing)}, which nobody counted")
        uncounted += len(missing)
    if uncounted > waiting:
        sys.exit(f"FAILED: {uncounted} receipts are not counted, but only {waiting} updates wait")
    print(f"ok: {len(counted)} updates counted once each in {len(published)} rounds, {waiting} waiting, every round recomputed")


main(*sys.argv[1:4], int(sys.argv[4]))
