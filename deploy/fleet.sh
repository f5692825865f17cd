# Functions that run a fleet of real processes on loopback, for the demo and the integration tests. Sourced, not run.
#   fleet_open BIN DIR       where the programs are, and where everything of this fleet lives
#   fleet_close              stops every process that was started in the background, of a pipeline the first, and waits for it; DIR stays
# A coordinator lives in DIR/coordinator, node I in DIR/node-I. Free ports throughout: port 0, read back from endpoints.json.

fleet_open() {
  fleet_bin=$1 fleet_dir=$2
  fleet_address=${fleet_address:-127.0.0.1}
  mkdir -p "$fleet_dir"
}

# Waits for a condition that some process will bring about: wait_for SECONDS "what" command …
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "gave up waiting for $what; logs are in $fleet_dir" >&2
      return 1
    fi
    read -r -t 0.1 <> <(:) || true
  done
}

# skerry VERB …   the operator's CLI against this fleet's coordinator
skerry() { "$fleet_bin/skerry" --dir "$fleet_dir/coordinator" "$@"; }

coordinator_init() { "$fleet_bin/skerry-coordinator" init --dir "$fleet_dir/coordinator" "$@"; }

# The first start takes free ports; a restart takes the same again, so that the nodes find it.
coordinator_start() {
  local dir=$fleet_dir/coordinator listen=tcp://$fleet_address:0 enrol=tcp://$fleet_address:0
  if [ -f "$dir/endpoints.json" ]; then
    listen=$(jq -r .fleet "$dir/endpoints.json") enrol=$(jq -r .enrol "$dir/endpoints.json")
  fi
  "$fleet_bin/skerry-coordinator" run --dir "$dir" --listen "$listen" --enrol "$enrol" "$@" >>"$fleet_dir/coordinator.log" 2>&1 &
  coordinator_pid=$!
  wait_for 30 "the coordinator" skerry status
}

# node_join NAME [flags of skerry-node join]
node_join() {
  local name=$1
  shift
  local token
  token=$(skerry token create --output json | jq -r .data.token)
  "$fleet_bin/skerry-node" join --dir "$fleet_dir/$name" --token "$token" --name "$name" "$@" >>"$fleet_dir/$name.log" 2>&1
}

# node_start NAME [flags of skerry-node run]   its pid is in node_pid
node_start() {
  local name=$1
  shift
  "$fleet_bin/skerry-node" run --dir "$fleet_dir/$name" --http 127.0.0.1:0 "$@" >>"$fleet_dir/$name.log" 2>&1 &
  node_pid=$!
}

node_url() { echo "unix:$fleet_dir/$1/infer.sock"; }
node_ready() { curl -sf --unix-socket "$fleet_dir/$1/infer.sock" http://node/v2/health/ready; }

fleet_close() {
  local pid running
  running=$(jobs -rp)  # what was started and has ended is not among them: its number may be another process's by now
  for pid in $running; do kill -TERM "$pid" 2>/dev/null || true; kill -CONT "$pid" 2>/dev/null || true; done  # one that stands still would never end
  for pid in $running; do wait "$pid" 2>/dev/null || true; done
}
