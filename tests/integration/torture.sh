#!/usr/bin/env bash
# Kills coordinator, nodes and learners with SIGKILL at random while a fleet learns, lets some stand still for a second (SIGSTOP) and, where namespaces are allowed, cuts and breaks links and
# fills disks; then checks the promises of the protocol: every receipt has exactly one fate, every round ends, and every published version is what its counted updates recompute to; and no
# acknowledged label is lost.
#   --kills K   how often (50)    --seed S   of the choice of victims and moments (1)    --nodes N   (3)
#   --restarts R   how often, afterwards, the coordinator alone is killed, all else being well (5)
. "$(dirname "$0")/support.sh"
. "$here/faults.sh"
apart "$0" "$@"
kills=50 seed=1 nodes=3 restarts=5
while [ $# -gt 0 ]; do
  case "$1" in
    --kills) kills=$2 ;; --seed) seed=$2 ;; --nodes) nodes=$2 ;; --restarts) restarts=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
RANDOM=$seed
open_test_fleet
if is_apart; then for ((i = 0; i < nodes; i++)); do give_disk "$work/node-$i"; done && give_disk "$work/coordinator"; fi

coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed "$seed" >>"$work/coordinator.log"
printf '[rounds]\ngoal = %s\nquorum = 2\ndeadline = "2s"\n[learning]\nsteps_per_update = 1\n[limits]\nversions_kept = 100000\nrounds_verifiable = 100000\n' "$nodes" >"$work/coordinator.toml"
coordinator_start --config "$work/coordinator.toml"
declare -A pid_of
for ((i = 0; i < nodes; i++)); do
  node_join "node-$i"
  node_start "node-$i"
  pid_of[node-$i]=$node_pid
done
for ((i = 0; i < nodes; i++)); do wait_for 60 "node-$i" node_ready "node-$i"; done
for ((i = 0; i < nodes; i++)); do
  feed_in_background "node-$i" --data "strokes:?writer=$i&seed=$((seed + i))" --limit 1000000
done

published() { skerry status --output json | jq .data.version; }
reached() { [ "$(published)" -ge "$1" ]; }
pause() { read -r -t "$1.$((RANDOM % 10))" <> <(:) || true; }
restart_coordinator() {
  restarted+=("$(date -u +%FT%T.%3NZ)")
  coordinator_start --config "$work/coordinator.toml" || fail "the coordinator did not come back: $(tail -n 3 "$work/coordinator.log")"
}
# restart_times MEANWHILE TIMES…: how long after each of these starts of the coordinator its rounds went on: its next update, round or version.
restart_times() {
  python3 - "$work/coordinator.log" "$@" <<'PYTHON'
import datetime, re, sys
time_of = lambda text: datetime.datetime.fromisoformat(text.rstrip("Z"))
advances = [time_of(line[:23]) for line in open(sys.argv[1]) if re.search("event=(update_accepted|round_|version_published)", line[:60])]
waits = sorted(min((a - s).total_seconds() for a in advances if a > s) for s in map(time_of, sys.argv[3:]))
print(f"after {len(waits)} starts of the coordinator, {sys.argv[2]}, rounds went on in {waits[len(waits) // 2]:.2f} s at the median, {waits[int(len(waits) * 0.99)]:.2f} s at the 99th percentile")
PYTHON
}
kill_one() {  # fails where there was nobody to kill
  local victim=node-$((RANDOM % nodes)) learner
  case $((RANDOM % 5)) in
    0 | 1)
      kill -KILL "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
      restart_coordinator ;;
    2 | 3)
      kill -KILL "${pid_of[$victim]}"; wait "${pid_of[$victim]}" 2>/dev/null || true
      node_start "$victim"; pid_of[$victim]=$node_pid
      wait_for 60 "$victim after a kill" node_ready "$victim" ;;
    4)
      learner=$(learner_of "${pid_of[$victim]}")
      [ -n "$learner" ] || return 1
      kill -KILL "$learner" || return 1
      learners=$((learners + 1)) ;;
  esac
}
# Nobody is killed, but a coordinator whose disk fills ends by itself, saying why, and is started again; a node goes on serving.
trouble_one() {
  local victim=node-$((RANDOM % nodes)) kind=$((RANDOM % 4)) stopped
  [ "$kind" -eq 0 ] || is_apart || return 0
  case $kind in
    0)
      stopped=${pid_of[$victim]}
      [ $((RANDOM % 2)) -eq 0 ] || stopped=$coordinator_pid
      kill -STOP "$stopped"; pause 1; kill -CONT "$stopped"
      stops=$((stops + 1)) ;;
    1)
      cut_links; pause $((RANDOM % 3)); mend_links
      cuts=$((cuts + 1)) ;;
    2)
      if break_links "${pid_of[$victim]}"; then breaks=$((breaks + 1)); fi ;;
    3)
      [ $((RANDOM % 2)) -eq 0 ] || victim=coordinator
      fill_disk "$work/$victim"; pause 1; empty_disk "$work/$victim"
      fills=$((fills + 1))
      if kill -0 "$coordinator_pid" 2>/dev/null; then return; fi
      wait "$coordinator_pid" 2>/dev/null || true
      tail -n 5 "$work/coordinator.log" | grep -q "disk is full" || fail "the coordinator ended: $(tail -n 3 "$work/coordinator.log")"
      restart_coordinator ;;
  esac
}
before=$(published)
killed=0 learners=0 stops=0 cuts=0 breaks=0 fills=0 restarted=()
while [ "$killed" -lt "$kills" ]; do
  read -r -t "0.$((RANDOM % 9 + 1))" <> <(:) || true
  if [ $((RANDOM % 3)) -eq 0 ]; then trouble_one; fi
  if ! kill_one; then continue; fi
  killed=$((killed + 1))
  # On a slow machine too, rounds must close between the kills.
  [ $((killed % 10)) -ne 0 ] || wait_for 60 "a version between the kills" reached $(($(published) + 1)) || fail "no round closes any more"
done
echo "killed $killed times, $learners of them learners; $stops stood still for a while, $cuts times links were cut and $breaks times broken, $fills times a disk was full; version $before → $(published)"

# Left alone, the fleet goes on: three more versions, then the streams end and the last round with them.
wait_for 120 "three more versions after the last kill" reached $(($(published) + 3)) || fail "the fleet did not recover"
troubled=("${restarted[@]}")
restarted=()
for ((i = 0; i < restarts; i++)); do
  kill -KILL "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
  restart_coordinator
  wait_for 120 "two more versions after a start" reached $(($(published) + 2)) || fail "no round closes after a start of the coordinator"
done
for pid in "${feeders[@]}"; do kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
# What the feeders heard acknowledged, each node has learned or still holds; and its error log can be read.
for ((i = 0; i < nodes; i++)); do
  taken=$(jq .data.labels_accepted "$work/node-$i.feed.json")
  held=$("$fleet_bin/skerry-node" status --dir "$work/node-$i" --output json | jq '.data.learning | .labelled + .samples_waiting')
  { [ "$taken" -gt 0 ] && [ "$taken" -eq "$held" ]; } || fail "node-$i acknowledged $taken labels and holds $held"
  "$fleet_bin/skerry-node" errors --dir "$work/node-$i" --limit 5 --output json | jq -e '.data.kept > 0' >/dev/null || fail "the error log of node-$i can't be read"
done
for ((i = 0; i < nodes; i++)); do kill -TERM "${pid_of[node-$i]}"; wait "${pid_of[node-$i]}" 2>/dev/null || true; done
no_round_is_open() { [ "$(skerry round list --limit 1000 --output json | jq '[.data[] | select(.state == "open" or .state == "frozen")] | length')" -eq 0 ]; }
wait_for 30 "the last round to end" no_round_is_open || fail "a round did not end"

if [ ${#troubled[@]} -gt 0 ]; then restart_times "nodes, links and disks failing meanwhile" "${troubled[@]}"; fi
if [ ${#restarted[@]} -gt 0 ]; then restart_times "all else being well" "${restarted[@]}"; fi
# Every receipt that a node has seen is an accepted update, counted in at most one round and in none only if it still waits in the pool.
python3 "$here/receipts.py" "$fleet_bin/skerry" "$fleet_dir/coordinator" "$work" "$nodes" || fail "receipts and rounds do not agree"
fleet_close
if is_apart; then take_disks; fi
