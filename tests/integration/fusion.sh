#!/usr/bin/env bash
# A process that serves two models, of handwritten and of spoken digits, learns from pairs of both and answers them as one: better than either, and often without their deeper exits.
#   --samples N (1500)   pairs that are learned   --tests N (500)   pairs of the test splits at the end
# Prints one JSON line: the accuracy of the fused answer and of each model alone, and which exits were read.
. "$(dirname "$0")/support.sh"
samples=1500 tests=500
while [ $# -gt 0 ]; do
  case "$1" in
    --samples) samples=$2 ;; --tests) tests=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
command -v python3 >/dev/null || skip "python3 is not installed"
mnist=$(data_folder mnist) fsdd=$(data_folder fsdd)
open_test_fleet
serve_together digits spoken-digits

PYTHONDONTWRITEBYTECODE=1 python3 "$here/fusion_feed.py" "http://$tcp" "$mnist" "$fsdd" "$samples" "$tests" >"$work/fused.json" || fail "the feed ends with $?"
cat "$work/fused.json"
for model in digits spoken-digits; do
  at_least "$(jq --arg model "$model" '.accuracy.fused - .accuracy[$model]' "$work/fused.json")" 0 || fail "the fused answer is worse than that of $model: $(cat "$work/fused.json")"
done
at_least "$(jq .accuracy.fused "$work/fused.json")" 0.9 || fail "the fused answer is too weak: $(cat "$work/fused.json")"
[ "$(jq .accepted "$work/fused.json")" -eq $((samples / 50 * 50)) ] || fail "labels were lost: $(cat "$work/fused.json")"
# What a model alone would have asked its deeper exits for, the other one often made needless.
deeper='def deeper: .medium + .heavy; [.[] | deeper] | add'
[ "$(jq ".tiers_fused | $deeper" "$work/fused.json")" -lt "$(jq ".tiers_alone | $deeper" "$work/fused.json")" ] || fail "no deeper exit was saved: $(cat "$work/fused.json")"
