#!/usr/bin/env bash
# What routing saves a classifier, and whether it keeps its target while the world changes: a node learns each data set alone, online, through the HTTP API; its weights are
# exported, and router-bench serves images that it has not seen with them, by the node's own router and executors.
#   --data "NAME …" (mnist fashion-mnist)   --samples N (30000)   --seed S (1)   how many images each model learns
#   --retention "R …" (0.99)   [router] accuracy_retention   --rounds R (5)   passes over the test images; streams
#   --models DIR   keeps the models there, and does not learn again one that is there
# Prints two tables: time and accuracy on the test images; and, over 60,000 requests whose middle third is distorted, how often an answer was not heavy's.
. "$(dirname "$0")/../integration/support.sh"
names="mnist fashion-mnist" samples=30000 seed=1 retentions=0.99 rounds=5 models=
while [ $# -gt 0 ]; do
  case "$1" in
    --data) names=$2 ;; --samples) samples=$2 ;; --seed) seed=$2 ;; --retention) retentions=$2 ;; --rounds) rounds=$2 ;; --models) models=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
cmake --build --preset dev --target router-bench skerry-node skerry-learner skerry-coordinator skerry >/dev/null
open_test_fleet
models=${models:-$work}
mkdir -p "$models"

# learn NAME DATA   to $models/NAME.skm
learn() {
  fleet_open "$fleet_bin" "$work/$1"
  sed -e "s/^name = .*/name = \"$1\"/" "$root/deploy/examples/model-digits.toml" >"$work/model.toml"
  coordinator_init --model "$work/model.toml" --seed "$seed" >>"$fleet_dir/coordinator.log"
  coordinator_start
  node_join node-0
  node_start node-0 --alone
  wait_for 60 node-0 node_ready node-0
  feed_in_background node-0 --data "$2" --shuffle --seed "$seed" --limit "$samples"
  wait_for_feeds
  wait_for 300 "node-0 to learn its last labels" nothing_to_learn "$1/node-0"
  "$fleet_bin/skerry-node" export --dir "$fleet_dir/node-0" "$models/$1.skm" >>"$fleet_dir/export.log" 2>&1
  fleet_close
}

for name in $names; do
  data=$(data_folder "$name")
  [ -e "$models/$name.skm" ] || learn "$name" "$data"
done
for table in speed shift; do
  "$root/build/dev/tests/bench/router-bench" "$table"
  for name in $names; do
    for retention in $retentions; do
      # What was learned is the beginning of this shuffle.
      "$root/build/dev/tests/bench/router-bench" "$table" "$models/$name.skm" "$(data_folder "$name")" "$seed" "$samples" "$retention" "$rounds"
    done
  done
done
