#!/usr/bin/env bash
# What a round costs: N nodes with a million parameters each have learned while the coordinator stood still (SIGSTOP), and all offer as it goes on.
#   --nodes N (10)   --rounds R (3)   --encoding E of updates ("fp32")   --differences true|false: whether versions are offered as such, too (true)
# Prints a line of JSON a round: wall seconds from then to the published version and until every node has installed it; CPU seconds from then on of the coordinator (checking, storing, averaging, writing versions) and of the
# node daemons (sending; fetching, checking, installing), and of these before it (serving what was fed, storing what was learned; the learners apart); MiB resident afterwards; and what the bytes of a round cost at the least on this
# machine, over CURVE and to the disk: those of the updates alone, which a published version needs, all (updates and pushes; updates and versions on every disk), which an installed one does, and those of the nodes' parameters as float32,
# which no codec has made fewer (also in the clear). Everything is on: CURVE, HPKE, fsync.
. "$(dirname "$0")/../integration/support.sh"
nodes=10 rounds=3 encoding=fp32 differences=true
while [ $# -gt 0 ]; do
  case "$1" in
    --nodes) nodes=$2 ;; --rounds) rounds=$2 ;; --encoding) encoding=$2 ;; --differences) differences=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
open_test_fleet

cat >"$work/model.toml" <<'END'
name = "million"
modality = "tabular"
[input]
shape = [100]
dtype = "fp32"
[classes]
names = ["a", "b"]
[[stages]]
tier = "light"
layers = [{ dense = 500 }]
[[stages]]
tier = "medium"
layers = [{ dense = 700 }]
[[stages]]
tier = "heavy"
layers = [{ dense = 840 }]
END
awk 'BEGIN { srand(1); for (i = 0; i < 100; i++) printf "f%d,", i; print "target"
  for (r = 0; r < 100; r++) { s = 0; for (i = 0; i < 100; i++) { v = rand() - 0.5; s += v; printf "%.4f,", v } print (s > 0 ? "a" : "b") } }' >"$work/data.csv"
printf '[rounds]\ngoal = %s\nquorum = %s\ndeadline = "5m"\n[learning]\nsteps_per_update = 1\nupdate_encoding = "%s"\n[models]\nprecisions = []\ndifferences = %s\n' \
  "$nodes" "$nodes" "$encoding" "$differences" >"$work/coordinator.toml"
printf '[sharing]\nversion_patience = "0s"\n' >"$work/node.toml"
coordinator_init --model "$work/model.toml" >>"$work/coordinator.log"
coordinator_start --config "$work/coordinator.toml"
parameters=$(skerry status --output json | jq .data.model.parameters.heavy)
pids=()
for ((i = 0; i < nodes; i++)); do
  node_join "node-$i"
  node_start "node-$i" --config "$work/node.toml"
  pids+=("$node_pid")
done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
resident() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
cpu_ns() { local pid; for pid in "$@"; do cat "/proc/$pid"/task/*/schedstat; done | awk '{ all += $1 } END { printf "%.0f", all }'; }  # of these processes alone, without their learners
times() { [ "$(grep -c "event=$2" "$work/$1.log")" -ge "$3" ]; }
sent() { curl -sf --unix-socket "$work/coordinator/admin.sock" http://coordinator/metrics | awk '/^skerry_model_bytes_sent_total/ { printf "%d", $2 }'; }
floor() { "$fleet_bin/../tests/bench/floors-bench" --bytes "$1" --dir "$work" | jq -c "{curve: .curve_seconds, disk: .fsync_seconds${2:-}}"; }
moment() { date -u -d "$(cat "$@" | cut -d' ' -f1 | sort | tail -n 1)" +%s.%N; }

for ((round = 1; round <= rounds; round++)); do
  version=$((round + 1)) sent_before=$(sent)
  kill -STOP "$coordinator_pid"
  nodes_before=$(cpu_ns "${pids[@]}")
  feeders=()
  for ((i = 0; i < nodes; i++)); do feed_in_background "node-$i" --data "$work/data.csv"; done
  wait_for_feeds
  for ((i = 0; i < nodes; i++)); do wait_for 40 "node-$i to learn, before its connection is given up" times "node-$i" learned "$round"; done
  nodes_ready=$(cpu_ns "${pids[@]}") coordinator_before=$(cpu_ns "$coordinator_pid") first=$(date +%s.%N)
  kill -CONT "$coordinator_pid"
  for ((i = 0; i < nodes; i++)); do wait_for 120 "node-$i to install version $version" times "node-$i" "version_installed version=$version" 1; done
  published=$(moment <(grep "event=version_published version=$version" "$work/coordinator.log"))
  installed=$(moment <(cat "$work"/node-*.log | grep "event=version_installed version=$version"))
  bytes=$(skerry round show newest --output json | jq '[.data.contributors[].bytes] | add')
  moved=$((bytes + $(sent) - sent_before)) stored=$((2 * bytes + (nodes + 1) * 4 * parameters))
  raw=$((nodes * 4 * parameters))
  floors=$(jq -nc --argjson bytes "$bytes" --argjson updates "$(floor "$bytes")" --argjson moved "$moved" --argjson moving "$(floor "$moved")" --argjson stored "$stored" --argjson storing "$(floor "$stored")" \
    --argjson raw "$raw" --argjson float32 "$(floor "$raw" ", plain: .plain_seconds")" \
    '{published: ({bytes: $bytes} + $updates), installed: {moved: $moved, curve: $moving.curve, stored: $stored, disk: $storing.disk}, float32: ({bytes: $raw} + $float32)}')
  jq -nc --arg encoding "$encoding" --argjson nodes "$nodes" --argjson parameters "$parameters" --argjson first "$first" --argjson published "$published" --argjson installed "$installed" \
    --argjson coordinator "$(($(cpu_ns "$coordinator_pid") - coordinator_before))" --argjson daemons "$(($(cpu_ns "${pids[@]}") - nodes_ready))" --argjson served "$((nodes_ready - nodes_before))" \
    --argjson coordinator_mib "$(resident "$coordinator_pid")" --argjson node_most "$(awk "/^VmHWM/ { printf \"%.1f\", \$2 / 1024 }" "/proc/${pids[0]}/status")" --argjson node_mib "$(resident "${pids[0]}")" --argjson floors "$floors" \
    'def r: . * 1000 | round / 1000;
     {encoding: $encoding, nodes: $nodes, parameters: $parameters, seconds: {published: ($published - $first | r), installed: ($installed - $first | r)},
      cpu_seconds: {coordinator: ($coordinator / 1e9 | r), nodes: ($daemons / 1e9 | r), nodes_before: ($served / 1e9 | r)}, resident_mib: {coordinator: $coordinator_mib, node: $node_mib, node_most: $node_most}, floors: $floors}'
done
