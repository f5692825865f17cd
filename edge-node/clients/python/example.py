#!/usr/bin/env python3
"""Asks a node about one sample, then tells it the truth: example.py ADDRESS MODEL CLASS < SAMPLE"""

import sys

from skerry_client import Node, NodeError


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    address, model, truth = sys.argv[1:]
    try:
        with Node(address, model) as node:
            answer = node.infer(sys.stdin.buffer.read(), deadline_us=20_000)
            print(f"class {answer.label} by the {answer.tier} tier of version {answer.version}")
            taken = node.feedback([(answer.id, int(truth) if truth.isdigit() else truth)])
            print(f"label {taken['results'][0]['state']}")
    except (NodeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
