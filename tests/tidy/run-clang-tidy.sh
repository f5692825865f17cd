#!/usr/bin/env bash
# Runs clang-tidy with the rules of .clang-tidy over our sources, or over those that are named.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -f build/dev/compile_commands.json ] || cmake --preset dev >/dev/null
files=("$@")
# The learner is left out: clang-tidy needs minutes and gigabytes for LibTorch's headers.
[ "${#files[@]}" -gt 0 ] || mapfile -t files < <(git ls-files '*.cpp' ':!edge-node/learner/torch*' ':!tests/*')
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/dev --quiet --warnings-as-errors='*' 2>/dev/null
