#!/usr/bin/env bash
# How many bytes of updates it takes until the federated model answers a share of the MNIST test images, for each way to write updates: five nodes, each of four of the ten digits.
#   --share S (0.95)   --samples N a node (4000)   --seed S (1)   --encodings "fp32;fp16;int8;top 10%;top 5%;top 1%"
# Prints one JSON line for each: sealed bytes of all updates counted up to the first version that reached the share, and what the last one has.
. "$(dirname "$0")/../integration/support.sh"
share=0.95 samples=4000 seed=1 encodings="fp32;fp16;int8;top 10%;top 5%;top 1%"
while [ $# -gt 0 ]; do
  case "$1" in
    --share) share=$2 ;; --samples) samples=$2 ;; --seed) seed=$2 ;; --encodings) encodings=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
IFS=';' read -ra each <<<"$encodings"
for encoding in "${each[@]}"; do (
  open_test_fleet
  coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
  printf '[rounds]\ngoal = 5\nquorum = 2\ndeadline = "10s"\n[learning]\nsteps_per_update = 1\nupdate_encoding = "%s"\n[limits]\nversions_kept = 1000\n' "$encoding" >"$work/coordinator.toml"
  coordinator_start --config "$work/coordinator.toml"
  for i in 0 1 2 3 4; do node_join "node-$i"; node_start "node-$i"; done
  for i in 0 1 2 3 4; do wait_for 60 "node-$i" node_ready "node-$i"; done
  for i in 0 1 2 3 4; do
    feed_in_background "node-$i" --data "$data" --classes "$((2 * i)),$((2 * i + 1)),$(((2 * i + 2) % 10)),$(((2 * i + 3) % 10))" --shuffle --seed $((seed + i)) --limit "$samples"
  done
  wait_for_feeds
  for i in 0 1 2 3 4; do wait_for 120 "node-$i" nothing_to_learn "node-$i"; done
  settled() { [ "$(skerry status --output json | jq '.data.updates.accepted - .data.updates.counted')" -lt 2 ]; }
  wait_for 30 "the last round" settled
  last=$(skerry status --output json | jq .data.version)
  score() {
    skerry model export "$1" "$work/model-$1.skm" >/dev/null 2>&1
    "$fleet_bin/skerry-node" evaluate --model "$work/model-$1.skm" --data "$data" --split test --output json | jq .data.accuracy_routed
  }
  skerry round list --limit 10000 --output json >"$work/rounds.json"
  first=null bytes=0 until=null
  for ((version = 2; version <= last; version++)); do
    round=$(jq ".data[] | select(.version == $version) | .id" "$work/rounds.json")
    bytes=$((bytes + $(skerry round show "$round" --output json | jq '[.data.contributors[].bytes] | add')))
    if jq -en "$(score "$version") >= $share" >/dev/null; then first=$version; until=$bytes; break; fi
  done
  jq -nc --arg encoding "$encoding" --argjson version "$first" --argjson bytes "$until" --argjson versions "$last" --argjson accuracy "$(score "$last")" \
    '{encoding: $encoding, version: $version, bytes: $bytes, versions: $versions, accuracy: $accuracy}'
); done
