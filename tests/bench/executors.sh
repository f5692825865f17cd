#!/usr/bin/env bash
# One pass of the digits model on each executor and in LibTorch eager, one thread: executors.sh [ROUNDS] [MODEL.toml]
# Prints a table: medians over rounds in which all take turns, and the share of one core's arithmetic peak.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --build --preset dev --target executors-bench >/dev/null
exec build/dev/tests/bench/executors-bench "${2:-deploy/examples/model-digits.toml}" "${1:-41}"
