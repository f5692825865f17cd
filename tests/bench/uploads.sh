#!/usr/bin/env bash
# What a coordinator holds in memory while a round of large updates comes in and is summed: played nodes send one each, sealed and signed, over CURVE.
#   --nodes N (100)   --width N (2050) of the three layers: 2050 makes updates of 101 MB, and needs 15 GB of disk for 100 nodes
# Prints one JSON line: MiB resident when started and the most until then, until the last receipt and until the version is published, seconds an upload takes from offer to receipt, and seconds from the last receipt to the published version.
. "$(dirname "$0")/../integration/support.sh"
nodes=100 width=2050
while [ $# -gt 0 ]; do
  case "$1" in
    --nodes) nodes=$2 ;;
    --width) width=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
open_test_fleet
{
  printf 'name = "large"\nmodality = "tabular"\n[input]\nshape = [%s]\ndtype = "fp32"\n[classes]\nnames = ["a", "b"]\n' "$width"
  for tier in light medium heavy; do printf '[[stages]]\ntier = "%s"\nlayers = [{ dense = %s }, { dense = %s }]\n' "$tier" "$width" "$width"; done
} >"$work/model.toml"
printf '[rounds]\ngoal = %s\nquorum = %s\ndeadline = "1h"\n[limits]\nnode_bytes_per_hour = "1GiB"\n' "$nodes" "$nodes" >"$work/coordinator.toml"
coordinator_init --model "$work/model.toml" >>"$work/coordinator.log"
coordinator_start --config "$work/coordinator.toml"
memory() { awk -v what="^$1" '$0 ~ what { printf "%.0f", $2 / 1024 }' "/proc/$coordinator_pid/status"; }
idle=$(memory VmRSS) starting=$(memory VmHWM)
token=$(skerry token create --uses "$nodes" --output json | jq -r .data.token)
uploads=$("$fleet_bin/../tests/bench/upload-bench" --token "$token" --nodes "$nodes")
sent=$(date +%s.%N) receiving=$(memory VmHWM)
published() { at_least "$(skerry status --output json | jq .data.version)" 2; }
wait_for 900 "version 2" published
jq -nc --argjson uploads "$uploads" --argjson idle "$idle" --argjson most "$(memory VmHWM)" --argjson starting "$starting" --argjson receiving "$receiving" \
  --argjson summed "$(awk -v first="$sent" -v now="$(date +%s.%N)" 'BEGIN { print now - first }')" \
  '$uploads + {seconds_from_last_receipt_to_version: $summed, resident_mib: {idle: $idle, most: {until_started: $starting, until_the_last_receipt: $receiving, until_the_version: $most}}}'
