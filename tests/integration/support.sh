# What the integration tests share. Sourced by each; needs SKERRY_BIN (where the programs are), as ctest sets it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/deploy/fleet.sh"

kSkipped=77  # ctest: SKIP_RETURN_CODE

skip() { echo "skipped: $*"; exit "$kSkipped"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Where the real data sets are, or a skip that says so.
data_folder() {
  local folder=${SKERRY_TEST_DATA:-$root/../shared/data}
  [ -e "$folder/$1" ] || skip "$1 is not in SKERRY_TEST_DATA or ../shared/data"
  echo "$folder/$1"
}

# A fleet in a fresh folder, gone at the end unless the test failed.
open_test_fleet() {
  # An address of its own, all of 127.0.0.0/8 being loopback: a coordinator that was killed finds its port still free.
  fleet_address=127.$((1 + ($$ >> 16) % 250)).$((($$ >> 8) % 256)).$(($$ % 256))
  work=$(mktemp -d "${TMPDIR:-/tmp}/skerry-test.XXXXXX")
  fleet_open "${SKERRY_BIN:-$root/build/dev/bin}" "$work"
  trap 'status=$?; fleet_close; if [ $status -eq 0 ] || [ $status -eq $kSkipped ]; then rm -rf "$work"; else echo "logs: $work" >&2; fi' EXIT
  trap 'exit 130' INT TERM
}

# serve_digits LINE …   one node, ready, of a federation of its own, with these lines of configuration: node_url node-0 is its socket
serve_digits() {
  open_test_fleet
  coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
  coordinator_start
  node_join node-0
  printf '%s\n' "$@" >"$work/node.toml"
  node_start node-0 --config "$work/node.toml"
  wait_for 60 node-0 node_ready node-0
}

# serve_together MODEL …   one process, alone, that serves these of deploy/examples, each of a federation of its own: node_url MODEL-node
# is a model's socket, and tcp the address of all of them
serve_together() {
  local model folders=()
  for model in "$@"; do
    fleet_dir=$work/$model
    mkdir "$fleet_dir"
    coordinator_init --model "$root/deploy/examples/model-$model.toml" --seed 1 >>"$fleet_dir/coordinator.log"
    coordinator_start
    node_join node
    ln -s "$model/node" "$work/$model-node"
    folders+=(--dir "$fleet_dir/node")
  done
  fleet_dir=$work
  "$fleet_bin/skerry-node" run "${folders[@]}" --http 127.0.0.1:0 --alone >>"$work/node.log" 2>&1 &
  for model in "$@"; do wait_for 60 "$model" node_ready "$model-node"; done
  tcp=$(grep -o 'http=[0-9.:]*' "$work/node.log" | tail -n 1 | cut -d= -f2) || true
  [ -n "$tcp" ] || fail "the node does not say where it listens"
}

# feed_in_background NAME arguments of skerry-node feed …   its pid is appended to feeders
feeders=()
feed_in_background() {
  local name=$1
  shift
  "$fleet_bin/skerry-node" feed --node "$(node_url "$name")" --output json "$@" >"$work/$name.feed.json" 2>>"$work/$name.feed.log" &
  feeders+=($!)
}
wait_for_feeds() {
  local pid
  for pid in "${feeders[@]}"; do wait "$pid" || fail "a feed ended with an error; see $work/*.feed.log"; done
  feeders=()
}

# learner_of PID   the learner that a node runs now, whichever of its threads has started it; nothing while there is none
learner_of() { cat "/proc/$1"/task/*/children 2>/dev/null | awk 'NR == 1 { print $1 }' || true; }

# The node holds no batch of labels that it has not learned.
nothing_to_learn() { [ "$("$fleet_bin/skerry-node" status --dir "$work/$1" --output json | jq .data.learning.samples_waiting)" -lt 100 ]; }
# What is accepted and not counted is less than the scripts' quorum of 2, and so waits for others.
no_quorum_waits() { [ "$(skerry status --output json | jq '.data.updates.accepted - .data.updates.counted')" -lt 2 ]; }

# accuracy FILE data arguments …   the whole document of skerry-node evaluate
evaluate() {
  local file=$1
  shift
  "$fleet_bin/skerry-node" evaluate --model "$file" --output json "$@"
}
at_least() { jq -ne --argjson value "$1" --argjson bound "$2" '($value | type == "number") and $value >= $bound' >/dev/null; }

# expect CODE "sentence" command …   the exit code, and a part of what is said on stderr
expect() {
  local wanted=$1 sentence=$2 code=0
  shift 2
  "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$wanted" ] || fail "'$*' ends with $code, not $wanted: $(cat "$work/err")"
  grep -qF -- "$sentence" "$work/err" || fail "'$*' does not say '$sentence': $(cat "$work/err")"
}
