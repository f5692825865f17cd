#!/usr/bin/env bash
# Builds Skerry and runs every test that needs nothing but this machine. Complete on a fresh Debian 12.
#   tests/run.sh [PRESET] [ctest arguments …]     PRESET: dev (default), edit (file by file), asan, tsan
set -euo pipefail
cd "$(dirname "$0")/.."

preset=dev
case "${1:-}" in dev|edit|asan|tsan) preset=$1; shift ;; esac

./deploy/install-dependencies.sh
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset" "$@"
