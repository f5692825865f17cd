#!/usr/bin/env bash
# How fast the exact mean folds updates of a million and ten million parameters, against a plain read of the same memory in the same run, and what each robust
# rule takes for ten updates of a million: averaging.sh [ROUNDS]
# Prints tables: medians over rounds in which both take turns. One core.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --build --preset dev --target averaging-bench >/dev/null
exec build/dev/tests/bench/averaging-bench "${1:-21}"
