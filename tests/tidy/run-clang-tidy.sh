#!/usr/bin/env bash
# Runs clang-tidy with the rules of .clang-tidy over our sources, or over those that are named.
set -euo pipefail
cd "$(dirname "$0")/../.."
# File by file, as no other build of the scripts is: this also shows that each source includes what it uses.
[ -f build/edit/compile_commands.json ] || cmake --preset edit >/dev/null
cmake --build --preset edit --target skerry_wire_proto skerry_ledger_proto >/dev/null
files=("$@")
# The learner is left out: clang-tidy needs minutes and gigabytes for LibTorch's headers.
[ "${#files[@]}" -gt 0 ] || mapfile -t files < <(git ls-files '*.cpp' ':!edge-node/learner/torch*' ':!tests/*')
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/edit --quiet --warnings-as-errors='*' 2>/dev/null
