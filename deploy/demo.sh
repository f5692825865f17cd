#!/usr/bin/env bash
# A whole federation on this machine, as real processes: a coordinator and some nodes that serve, learn and federate on a live stream.
#   --nodes N      how many nodes (3)
#   --samples N    labelled samples that each node sees (3000)
#   --data PATH    real data instead of the built-in handwriting: a folder of idx files (MNIST), or a CSV file with a `target` column (or its folder);
#                  with --model also labelled texts or a folder of recordings
#   --model FILE   the model to declare for --data (left out: for a CSV one made from its columns, for idx files deploy/examples/model-digits.toml)
#   --seed S       of the stream and of the first weights (7)
#   --keep         leave the processes running at the end, to look around
set -euo pipefail

nodes=3 samples=3000 data='' model='' seed=7 keep=no
usage() { sed -n '2,9p' "$0" | cut -c3-; }
while [ $# -gt 0 ]; do
  case "$1" in
    --nodes) nodes=$2; shift 2 ;;
    --samples) samples=$2; shift 2 ;;
    --data) data=$(realpath -e "$2") || { echo "demo.sh: there is no '$2'" >&2; exit 2; }; shift 2 ;;
    --model) model=$(realpath -e "$2"); shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    -h|--help) usage; exit 0 ;;
    *) echo "demo.sh: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done
for number in "$nodes" "$samples" "$seed"; do
  [[ "$number" =~ ^[0-9]+$ ]] || { echo "demo.sh: '$number' is not a whole number" >&2; exit 2; }
done
[ "$nodes" -ge 1 ] && [ "$nodes" -le 10 ] || { echo "demo.sh: --nodes takes 1 to 10" >&2; exit 2; }

cd "$(dirname "$0")/.."
root=$PWD
./deploy/install-dependencies.sh
cmake --preset dev >/dev/null
cmake --build --preset dev --target skerry-coordinator skerry-node skerry-learner skerry
. deploy/fleet.sh

began=$SECONDS
work=$(mktemp -d "${TMPDIR:-/tmp}/skerry-demo.XXXXXX")
fleet_open "$root/build/dev/bin" "$work"
finish() {
  local status=$?
  if [ "$finished" = yes ]; then status=0; fi
  fleet_close
  if [ "$status" -ne 0 ]; then echo "The demo failed; its logs are in $work" >&2; elif [ "$keep" = no ]; then rm -rf "$work"; fi
}
finished=no
trap finish EXIT
trap 'exit 130' INT TERM

# ---- What each node sees: node I's part of the stream, and a test that belongs to none of them ----
csv_model() {  # a tabular model that fits a CSV file: features and their ranges from its columns, classes from its targets
  local input classes
  tr -d '"\r' <"$1" >"$work/plain.csv"
  input=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "target") t = i; next }
    { for (i = 1; i <= NF; i++) { if (!(i in low) || $i + 0 < low[i]) low[i] = $i + 0; if (!(i in high) || $i + 0 > high[i]) high[i] = $i + 0 } columns = NF }
    END { if (!t) exit 1
      for (i = 1; i <= columns; i++) if (i != t) { span = high[i] > low[i] ? high[i] - low[i] : 1; n++
        scale = scale sprintf("%s%.9g", n > 1 ? ", " : "", 2 / span); offset = offset sprintf("%s%.9g", n > 1 ? ", " : "", -(high[i] + low[i]) / span) }
      printf "shape = [%d]\ndtype = \"fp32\"\nscale = [%s]\noffset = [%s]\n", n, scale, offset }' "$work/plain.csv") ||
    { echo "demo.sh: $1 has no column 'target' in its first line" >&2; exit 2; }
  classes=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "target") t = i; next } { print $t }' "$work/plain.csv" | sort -u | sed 's/.*/"&"/' | paste -sd,)
  printf 'name = "demo"\nmodality = "tabular"\n[input]\n%s\n[classes]\nnames = [%s]\n' "$input" "$classes"
  printf '[[stages]]\ntier = "%s"\nlayers = [%s]\n' light '{ dense = 32 }' medium '{ dense = 64 }' heavy '{ dense = 64 }, { dense = 64 }'
}
node_classes() {  # overlapping shares of ten classes, all covered: no node knows them all
  local i width=$(((10 + nodes - 1) / nodes + 2)) list=()
  for ((i = 0; i < width && i < 10; i++)); do list+=($((($1 * 10 / nodes + i) % 10))); done
  (IFS=,; echo "${list[*]}")
}
only=("$data"/*.csv)
if [ -d "$data" ] && [ "${#only[@]}" -eq 1 ] && [ -f "${only[0]}" ]; then data=${only[0]}; fi
if [ -z "$data" ]; then
  what="handwriting drawn here (seed $seed); half-way the contrast is inverted and everybody leans the other way"
  model=${model:-$root/deploy/examples/model-digits.toml}
  feed_arguments() { feed=(--data "strokes:?writer=$1&seed=$((seed + $1))&classes=$(node_classes "$1")&drift=$((samples / 2))" --limit "$samples"); }
  test_arguments=(--data "strokes:?seed=$((seed + 1000))&drift=0" --split test)
elif [ -f "$data" ]; then
  what="$data; half-way each class turns into the next"
  rows=$(($(wc -l <"$data") - 1))
  if [ $(((nodes + 1) * samples)) -gt "$rows" ]; then samples=$((rows / (nodes + 1))); fi  # the last share is the test
  [ "$samples" -ge 100 ] || { echo "demo.sh: $data has $rows rows, which are too few for $nodes nodes and a test" >&2; exit 2; }
  if [ -z "$model" ]; then model=$work/model.toml; csv_model "$data" >"$model"; fi
  feed_arguments() { feed=(--data "$data" --skip $(($1 * samples)) --limit "$samples" --drift-at $((samples / 2))); }
  test_arguments=(--data "$data" --skip $((nodes * samples)) --limit "$samples" --drift-at 0)
else
  what="$data; half-way each class turns into the next"
  model=${model:-$root/deploy/examples/model-digits.toml}
  feed_arguments() { feed=(--data "$data" --classes "$(node_classes "$1")" --shuffle --seed $((seed + $1)) --limit "$samples" --drift-at $((samples / 2))); }
  test_arguments=(--data "$data" --split test --drift-at 0)
fi

# ---- The fleet ----
echo "Skerry: a coordinator, $nodes nodes that federate, and $nodes twins that learn alone from the same streams."
echo "Stream: $what. $samples samples a node."
coordinator_init --model "$model" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = %s\nquorum = %s\ndeadline = "5s"\n[learning]\nsteps_per_update = 1\n' "$nodes" "$(((nodes + 1) / 2))" >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
feeders=()
for ((i = 0; i < nodes; i++)); do
  for kind in node alone; do
    node_join "$kind-$i"
    if [ "$kind" = alone ]; then node_start "$kind-$i" --alone; else node_start "$kind-$i"; fi
  done
done
for ((i = 0; i < nodes; i++)); do
  for kind in node alone; do wait_for 60 "$kind-$i" node_ready "$kind-$i"; done
done
for ((i = 0; i < nodes; i++)); do
  feed_arguments "$i"
  for kind in node alone; do
    "$fleet_bin/skerry-node" feed --node "$(node_url "$kind-$i")" "${feed[@]}" --output json >"$work/$kind-$i.feed.json" 2>>"$work/$kind-$i.log" &
    feeders+=($!)
  done
done

# ---- Watch it learn: one line a published version; accuracy is what the nodes answered before they saw the label ----
printf '\n%7s  %7s  %7s  %9s   %s\n' time version updates labelled "recent accuracy of each node, before it learned the label"
shown=0
alive() { local pid; for pid in "${feeders[@]}"; do kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }
show_progress() {
  local version
  version=$(skerry status --output json | jq -r .data.version)
  [ "$version" -gt "$shown" ] || return 0
  shown=$version
  skerry node list --output json | jq -r --arg version "$version" --arg time "$((SECONDS - began)) s" --argjson counted "$(skerry status --output json | jq .data.updates.counted)" '
    [.data[] | select(.name | startswith("node-"))] as $n |
    [$time, $version, $counted, ([$n[].labelled] | add), ([$n[] | "\(.name) " + (if .labelled == 0 then "–" else "\((.accuracy_recent // 0) * 1000 | round / 10)%" end)] | join("   "))] | @tsv' |
    awk -F'\t' '{ printf "%7s  %7s  %7s  %9s   %s\n", $1, $2, $3, $4, $5 }'
}
while alive; do
  show_progress
  read -r -t 2 <> <(:) || true
done
failed=0
for pid in "${feeders[@]}"; do wait "$pid" || failed=1; done
[ "$failed" -eq 0 ] || { echo "A stream did not reach its node:" >&2; grep -h "^skerry-node" "$work"/*.log | tail -n 3 >&2; exit 1; }
nothing_to_learn() {  # no node holds a batch that it has not learned
  local i
  for ((i = 0; i < nodes; i++)); do
    [ "$("$fleet_bin/skerry-node" status --dir "$work/node-$i" --output json | jq .data.learning.samples_waiting)" -lt 100 ] || return 1
  done
}
wait_for 60 "the nodes to learn their last labels" nothing_to_learn || true
settled() { [ "$(skerry status --output json | jq '.data.updates.accepted - .data.updates.counted')" -lt "$(((nodes + 1) / 2))" ]; }  # fewer make no round
wait_for 20 "the last round" settled || true
show_progress

# ---- What came of it ----
score() { "$fleet_bin/skerry-node" evaluate --model "$1" "${test_arguments[@]}" --output json; }
percent() { jq -r "$1 | . * 1000 | round / 10 | tostring + \"%\""; }
skerry model export newest "$work/federated.skm" >/dev/null 2>&1
score "$work/federated.skm" >"$work/federated.json"
printf '\nOn %s test samples that no node has seen:\n' "$(jq -r .data.samples "$work/federated.json")"
for ((i = 0; i < nodes; i++)); do
  "$fleet_bin/skerry-node" export --dir "$work/alone-$i" "$work/alone-$i.skm" >/dev/null
  printf '  node %s alone     %s\n' "$i" "$(score "$work/alone-$i.skm" | percent .data.accuracy_routed)"
done
printf '  federated model  %s   (light %s, medium %s, heavy %s)\n' "$(percent .data.accuracy_routed <"$work/federated.json")" \
  "$(percent .data.accuracy_of_exit.light <"$work/federated.json")" "$(percent .data.accuracy_of_exit.medium <"$work/federated.json")" \
  "$(percent .data.accuracy_of_exit.heavy <"$work/federated.json")"
printf '\nServing, by tier:\n'
skerry node list --output json | jq -r '.data[] | select(.name | startswith("node-")) | . as $n | ([.answered[]] | add) as $all |
  "  \(.name)   " + ([("light", "medium", "heavy") as $t | "\($t) \(($n.answered[$t] * 100 / ([$all, 1] | max)) | round)% at \($n.latency_p50_us[$t]) µs"] | join(", "))'
rounds=$(skerry round list --limit 1000 --output json)
bytes=0
for round in $(jq -r '.data[].id' <<<"$rounds"); do
  bytes=$((bytes + $(skerry round show "$round" --output json | jq '[.data.contributors[].bytes] | add // 0')))
done
printf '\n%s rounds, %s updates counted, %s KiB of sealed updates, %s s.\n' "$(jq '[.data[] | select(.state == "published")] | length' <<<"$rounds")" \
  "$(skerry status --output json | jq .data.updates.counted)" $((bytes / 1024)) $((SECONDS - began))
newest=$(jq -r '[.data[] | select(.state == "published") | .id] | max // empty' <<<"$rounds")
[ -n "$newest" ] || { echo "No round was published: see $work/coordinator.log" >&2; exit 1; }
printf 'Round %s recomputed from its sealed updates: ' "$newest"
skerry round verify "$newest" --output json | jq -r 'if .data.intact then "the same bytes." else "DIFFERENT: " + (.data.problems | join("; ")) end'
echo "The fleet works."

export SKERRY_DIR=$work/coordinator
cat <<END

Look around (with --keep, while it runs):
  export SKERRY_DIR=$SKERRY_DIR PATH=$fleet_bin:\$PATH
  skerry status                    skerry round show $newest           skerry errors list
  skerry node list                 skerry model list                   skerry-node status --dir $work/node-0
END
if [ "$keep" = yes ]; then
  finished=yes
  echo; echo "Everything keeps running in $work. Ctrl-C ends it."
  wait "$coordinator_pid" || true
fi
