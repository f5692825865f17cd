#!/usr/bin/env bash
# A round that two poisoned nodes outvote makes a worse version: canaries compare it with the one before and it is withdrawn, while a node that is no canary never has it.
# The version that follows is better, and is published. The coordinator is killed in the middle of the first trial.
. "$(dirname "$0")/support.sh"
open_test_fleet
good='node-0 node-1 node-2' bad='node-3 node-4'
coordinator_init --model "$root/deploy/examples/model-digits.toml" --seed 1 >>"$work/coordinator.log"
# configure UPDATES_PER_ROUND STEPS_PER_UPDATE [more lines]
configure() { printf '[rounds]\ngoal = %s\nquorum = %s\ndeadline = "10m"\nrule = "mean"\n[learning]\nsteps_per_update = %s\n%s\n' "$1" "$1" "$2" "${3:-}" >"$work/coordinator.toml"; }
trial=$'[release]\ncanary_share = 0.1\ncanaries_min = 2\ntrial_time = "30m"\ntrial_samples = 100000'
configure 1 2
coordinator_start --config "$work/coordinator.toml"
for node in $good $bad; do node_join "$node"; node_start "$node"; eval "pid_${node#node-}=$node_pid"; done
for node in $good $bad; do wait_for 60 "$node" node_ready "$node"; done
feed() { feed_in_background "$1" --data "strokes:?writer=${1#node-}&seed=${1#node-}" --limit 1000000 "${@:2}"; }
stop_feeds() {
  kill -INT "${feeders[@]}"
  wait_for_feeds
}
fact() { skerry status --output json | jq ".data.$1"; }
newest() { fact version; }
reached() { [ "$(newest)" -ge "$1" ]; }
for node in $good; do feed "$node"; done
wait_for 180 "ten versions" reached 11
stop_feeds
for node in $good; do wait_for 60 "$node to learn what it has" nothing_to_learn "$node"; done
# Nothing of it is still under way that a later step would wait for in vain.
nothing_is_sent() { "$fleet_bin/skerry-node" status --dir "$work/$1" --output json | jq -e '.data.sharing | .offered == null and .steps_since_update < 2' >/dev/null; }
for node in $good; do wait_for 60 "the last update of $node" nothing_is_sent "$node"; done
all_is_counted() { skerry status --output json | jq -e '.data | .round == null and .updates.accepted == .updates.counted' >/dev/null; }
wait_for 60 "the last round" all_is_counted
before=$(newest)

kill -KILL "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
configure 5 10 "$trial"
coordinator_start --config "$work/coordinator.toml"
[ "$(newest)" -eq "$before" ] || fail "version $before became $(newest) by a restart"
accepted_of() { skerry node show "$1" --output json | jq .data.sequence_accepted; }
accepted_after() { [ "$(accepted_of "$1")" -gt "$2" ]; }
# contribute NODE arguments of skerry-node feed …   until one more of its updates is accepted
contribute() {
  local known
  known=$(accepted_of "$1")
  feed "$@"
  wait_for 120 "an update of $1" accepted_after "$1" "$known"
  stop_feeds
}
for node in $bad; do
  contribute "$node" --drift-at 0
  eval "kill -TERM \$pid_${node#node-}"
done
# One after the other: when the trial begins, no canary has labels by which it could end before it was looked at.
for node in $good; do contribute "$node"; done
on_trial() { [ "$(fact on_trial.version)" = $((before + 1)) ]; }
wait_for 120 "the trial" on_trial
skerry status | grep -q "on trial with 2 canaries against version $before" || fail "skerry status does not tell of the trial"
canaries=$(skerry model show newest --output json | jq -r '.data.on_trial.canaries[].name')
for node in $good; do grep -qx "$node" <<<"$canaries" || bystander=$node; done
kill -KILL "$coordinator_pid"; wait "$coordinator_pid" 2>/dev/null || true
configure 3 10 "$trial"
coordinator_start --config "$work/coordinator.toml"
for node in $good; do feed "$node"; done
ended() { skerry model show "$1" --output json | jq -e '.data.trial.outcome' >/dev/null; }
wait_for 240 "the end of the trial" ended $((before + 1))
outcome() { skerry model show "$1" --output json | jq -r '.data.trial | "\(.outcome): \(.reason)"'; }
case $(outcome $((before + 1))) in
  withdrawn:*worse*) ;;
  *) fail "version $((before + 1)) was $(outcome $((before + 1)))" ;;
esac
skerry model show $((before + 2)) | grep -q "the weights of version $before again: version $((before + 1)) was withdrawn" || fail "what follows is not version $before again"
grep version_installed "$work/$bystander.log" | grep -q "version=$((before + 1))\b" && fail "$bystander has installed the version on trial"
holds() { [ "$(skerry node show "$1" --output json | jq .data.version)" -ge "$2" ]; }
for node in $good; do wait_for 60 "$node to go back" holds "$node" $((before + 2)); done
published() { for version in $((before + 3)) $((before + 4)) $((before + 5)) $((before + 6)); do ended "$version" && [[ $(outcome "$version") == published:* ]] && return; done; return 1; }
wait_for 240 "a version that passes" published
stop_feeds
skerry fsck --output json | jq -e '.data.problems | length == 0' >/dev/null || fail "fsck: $(skerry fsck)"
echo "ok: version $((before + 1)) was $(outcome $((before + 1)))"
