#!/usr/bin/env bash
# What each precision costs a classifier: one federation of one node learns Fashion-MNIST online, through the HTTP API; then nodes fetch what it has learned in each encoding.
#   --samples N (20000)   --images M (10000)   how many it learns, and of how many test images the accuracy is
#   --seed S (1)   --runs R (3)   how often each latency is measured; runs are interleaved, times are their medians
#   --keep DIR   the trained federation is kept there; one that is there already is measured and not trained again
# Prints two tables, all of the same weights. By precision: bytes of the file, bytes that the coordinator sent to a node that joined, the largest error, accuracy on the test images
# (routed, and of each exit) of what that node then holds, and the median microseconds of its light and heavy exit. By executor: the same accuracy and times in fp32 and in int8.
. "$(dirname "$0")/../integration/support.sh"
samples=20000 images=10000 seed=1 runs=3 keep=''
while [ $# -gt 0 ]; do
  case "$1" in
    --samples) samples=$2 ;; --images) images=$2 ;; --seed) seed=$2 ;; --runs) runs=$2 ;; --keep) keep=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder fashion-mnist)
open_test_fleet
pushed="fp32 fp16 fp8 mixed" stored="fp8-e5m2 int8" executors="plain fused onednn xnnpack int8"
printf '[rounds]\ngoal = 1\nquorum = 1\n' >"$work/coordinator.toml"

if [ -n "$keep" ] && [ -d "$keep/coordinator" ]; then
  cp -r "$keep/coordinator" "$work/coordinator"
  rm -f "$work/coordinator/endpoints.json"  # its address is this run's
  coordinator_start --config "$work/coordinator.toml"
else
  sed -e 's/^name = .*/name = "fashion"/' -e 's/^names = .*/names = ["top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]/' \
    "$root/deploy/examples/model-digits.toml" >"$work/model.toml"
  coordinator_init --model "$work/model.toml" --seed "$seed" >>"$work/coordinator.log"
  coordinator_start --config "$work/coordinator.toml"
  node_join teacher
  node_start teacher
  wait_for 60 teacher node_ready teacher
  feed_in_background teacher --data "$data" --shuffle --seed "$seed" --limit "$samples"
  wait_for_feeds
  wait_for 300 "the teacher to learn its last labels" nothing_to_learn teacher
  all_counted() { skerry status --output json | jq -e '.data.updates.accepted > 0 and .data.updates.accepted == .data.updates.counted'; }
  wait_for 60 "its last update to be counted" all_counted
  kill -TERM "$node_pid"
  wait "$node_pid" || fail "the teacher ended with an error"
  if [ -n "$keep" ]; then
    kill -TERM "$coordinator_pid"
    wait "$coordinator_pid"
    mkdir -p "$keep"
    cp -r "$work/coordinator" "$keep/coordinator"
    coordinator_start --config "$work/coordinator.toml"
  fi
fi

sent() { curl -sf --unix-socket "$work/coordinator/admin.sock" http://coordinator/metrics | awk '/^skerry_model_bytes_sent_total/ { printf "%d", $2 }'; }
for precision in $pushed; do
  before=$(sent)
  printf '[sharing]\nprecision = "%s"\n' "$precision" >"$work/$precision.toml"
  node_join "node-$precision"
  node_start "node-$precision" --alone --config "$work/$precision.toml"
  wait_for 60 "node-$precision" node_ready "node-$precision"
  echo $(($(sent) - before)) >"$work/$precision.sent"
  "$fleet_bin/skerry-node" status --dir "$work/node-$precision" --output json >"$work/$precision.status"
  "$fleet_bin/skerry-node" export --dir "$work/node-$precision" "$work/$precision.held" >>"$work/export.log"  # float32: what it computes with
done
for precision in $pushed $stored; do
  skerry model export newest "$work/$precision.skm" --precision "$precision" >>"$work/export.log" 2>&1
done
for precision in $stored; do cp "$work/$precision.skm" "$work/$precision.held"; done
fleet_close

score() { evaluate "$1" --data "$data" --split test --limit "$images" "${@:2}"; }
for precision in $pushed $stored; do
  score "$work/$precision.held" >"$work/$precision.score"
  evaluate "$work/fp32.held" --precision "$precision" --data "$data" --split test --limit 1 >"$work/$precision.error"
done
for executor in $executors; do score "$work/fp32.held" --executor "$executor" >"$work/$executor.executor"; done
for ((run = 0; run < runs; run++)); do
  for precision in $pushed $stored; do
    "$fleet_bin/skerry-node" bench --model "$work/$precision.held" --output json >>"$work/$precision.times"
  done
done

common='def percent: . * 10000 | round / 100; def median: sort | .[length / 2 | floor] | . * 10 | round / 10; def row: "| " + (map(tostring) | join(" | ")) + " |";
  def accuracy: [(.accuracy_routed | percent), (.accuracy_of_exit | .light, .medium, .heavy | percent)];'
echo "| precision | file, bytes | sent, bytes | largest error | routed | light | medium | heavy | light, µs | heavy, µs |"
echo "|---|---|---|---|---|---|---|---|---|---|"
for precision in $pushed $stored; do
  jq -rn --arg precision "$precision" --argjson bytes "$(stat -c %s "$work/$precision.skm")" --arg sent "$(cat "$work/$precision.sent" 2>/dev/null || echo -)" \
    --slurpfile score "$work/$precision.score" --slurpfile error "$work/$precision.error" --slurpfile times "$work/$precision.times" "$common"'
    [$precision, $bytes, $sent, ($error[0].data.precision_error.relative * 100 | . * 1000 | round / 1000 | "\(.) %")] + ($score[0].data | accuracy)
    + [([$times[].data.exit_us.onednn.light] | median), ([$times[].data.exit_us.onednn.heavy] | median)] | row'
done
echo
echo "| executor | routed | light | medium | heavy | light, µs | medium, µs | heavy, µs |"
echo "|---|---|---|---|---|---|---|---|"
for executor in $executors; do
  jq -rn --arg executor "$executor" --slurpfile score "$work/$executor.executor" --slurpfile times "$work/fp32.times" "$common"'
    [$executor] + ($score[0].data | accuracy) + (["light", "medium", "heavy"] | map(. as $exit | [$times[].data.exit_us[$executor][$exit]] | median)) | row'
done
