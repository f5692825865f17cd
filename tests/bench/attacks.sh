#!/usr/bin/env bash
# What hostile nodes can do to a federation under each rule, and under none: 4 of 20 nodes, logistic regression on MNIST, rounds of 640 samples a node.
#   --dirichlet A   classes of nodes drawn from Dirichlet(A); 0 (default): all alike   --seeds N (3)   --rounds N (20)   --rules "R; R; …"   those rows only;
#                   "default configuration": the default rule, with strikes, norms and opposition that put nodes into doubt or quarantine, which are off in the others
# Prints a table: accuracy on the 10,000 test images in %, the median over the seeds.
. "$(dirname "$0")/../integration/support.sh"
dirichlet=0 seeds=3 rounds=20
rules="default configuration; mean; norm_bound, mean; median; trimmed_mean(0.2); krum(4); multi_krum(4); bulyan(4); geometric_median; centred_clipping; bucketing(2), median; nnm(4), trimmed_mean(0.2); nnm(4), krum(4)"
while [ $# -gt 0 ]; do
  case "$1" in
    --dirichlet) dirichlet=$2 ;; --seeds) seeds=$2 ;; --rounds) rounds=$2 ;; --rules) rules=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
data=$(data_folder mnist)
cmake --build --preset dev --target fleet-bench >/dev/null
bench=$root/build/dev/tests/bench/fleet-bench attacks="none sign_flip scaling nan label_flip alie ipm"
# accuracy RULE ATTACK   the median over the seeds
accuracy() {
  local defence=(--rule "$1")
  if [ "$1" = "default configuration" ]; then defence=(--quarantine); fi
  for ((seed = 1; seed <= seeds; seed++)); do
    "$bench" --data "$data" --samples 640 --rounds "$rounds" --hostile 4 --dirichlet "$dirichlet" "${defence[@]}" --attack "$2" --seed "$seed"
  done | jq -s 'map(.accuracy) | sort | .[length / 2 | floor] * 1000 | round / 10'
}
echo "| rule | ${attacks// / | } |"
echo "|---$(printf '%.0s|---' $attacks)|"
while IFS= read -r rule; do
  row="| $rule"
  for attack in $attacks; do row+=" | $(accuracy "$rule" "$attack")"; done
  echo "$row |"
done < <(tr ';' '\n' <<<"$rules" | sed 's/^ *//')
