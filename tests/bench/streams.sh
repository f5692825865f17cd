#!/usr/bin/env bash
# What a node learns from streams, test then train, and what each part of it is worth: the tables of docs/learning.md.
#   --table rates|one-pass|ablation|late|wrong-labels|pairs|modalities|soft-labels (rates)
#   --configs "A B …"   those rows of it only   --streams "A B …"   those columns only
#   --seeds N (5)   --length N (8000)   samples of a stream; Elec2 always comes whole   --jobs J (one a processor)
#   --keep DIR   results are kept there, by stream, length, configuration, seed and what was built, and not computed again
# Images are learned by streams/model-small.toml, but for one-pass, which has all 60,000 and the digits model. Prints a table in which each number is the median over the seeds.
. "$(dirname "$0")/../integration/support.sh"
table=rates seeds=5 length=8000 jobs=$(nproc) keep= only_configs= only_streams=
while [ $# -gt 0 ]; do
  case "$1" in
    --table) table=$2 ;; --seeds) seeds=$2 ;; --length) length=$2 ;; --jobs) jobs=$2 ;; --keep) keep=$2 ;;
    --configs) only_configs=$2 ;; --streams) only_streams=$2 ;;
    *) fail "unknown argument '$1'" ;;
  esac
  shift 2
done
cmake --build --preset dev --target streams-bench skerry-learner >/dev/null
sms=$(data_folder sms-spam/SMSSpamCollection) banking=$(data_folder banking77) spoken=$(data_folder fsdd)
mnist=$(data_folder mnist) fashion=$(data_folder fashion-mnist) elec2=$(data_folder elec2)
if [ -z "$keep" ]; then
  keep=$(mktemp -d "${TMPDIR:-/tmp}/skerry-streams.XXXXXX")
  trap 'rm -rf "$keep"' EXIT
fi
mkdir -p "$keep"
models=$root/deploy/examples bench=$root/build/dev/tests/bench/streams-bench learner=$root/build/dev/bin/skerry-learner
# What was computed by other programs is no result of these.
built=$(cat "$bench" "$learner" | sha256sum | head -c 12)
export keep bench learner length built

# The arguments of each stream, and the [learning] lines of each configuration, by name.
declare -A stream config
digits="--model $here/../bench/streams/model-small.toml --length $length"
stream[elec2]="--model $models/model-electricity.toml --data $elec2 --in-order --length 45312 --changes 0"
for kind in swap permute rotate invert prior; do
  stream[mnist-$kind]="$digits --data $mnist --shift $kind --changes 3"
  stream[fashion-$kind]="$digits --data $fashion --shift $kind --changes 3"
done
stream[mnist-swap-late]="${stream[mnist-swap]} --late 50"
stream[mnist-permute-late]="${stream[mnist-permute]} --late 50"
stream[mnist]="$digits --data $mnist --changes 0 --test $mnist"
stream[fashion]="$digits --data $fashion --changes 0 --test $fashion"
stream[mnist-whole]="--model $models/model-digits.toml --length 60000 --data $mnist --changes 0 --test $mnist"
stream[fashion-whole]="--model $models/model-digits.toml --length 60000 --data $fashion --changes 0 --test $fashion"
stream[mnist-pairs]="$digits --data $mnist --shift pairs --changes 4 --test $mnist"
one_pass="--changes 0 --length 100000"
stream[sms-spam]="--model $models/model-messages.toml --data $sms --in-order --changes 0 --length 4574 --test $sms --test-skip 4574"
stream[banking77]="--model $models/model-intents.toml --data $banking $one_pass --test $banking"
stream[spoken-digits]="--model $models/model-spoken-digits.toml --data $spoken $one_pass --test $spoken"
stream[unheard]="--model $models/model-spoken-digits.toml --data $spoken?without=theo,yweweler $one_pass --test $spoken?speaker=theo,yweweler"
for name in mnist fashion banking77; do stream[$name-light]="${stream[$name]} --tier light"; done
stream[mnist-wrong]="${stream[mnist]} --wrong-labels 0.2"

config[elastic]=''
sweep="1e-4 3e-4 1e-3 2e-3 3e-3 1e-2 3e-2"
calm='react_passes = 1\nrename_classes = false'
for rate in $sweep; do config[fixed-$rate]="rate_rule = \"fixed\"\nrate = $rate\n$calm"; done
for rule in decayed adagrad cocob hypergradient; do config[$rule]="rate_rule = \"$rule\"\n$calm"; done
config[elastic-10-times-too-small]='rate = 0.0003'
config[elastic-3-times-too-large]='rate = 0.009'
config[elastic-without-effort]=$calm
config[elastic-without-passes]='react_passes = 1'
config[fixed-3e-3-with-effort]='rate_rule = "fixed"\nrate = 3e-3'
for rule in adagrad cocob hypergradient; do config[$rule-with-effort]="rate_rule = \"$rule\""; done
config[without-renaming]='rename_classes = false'
config[without-replay]='step_replay = 0\nreplay = 0'
config[without-counterexamples]='step_made = 0'
config[without-gate]='gate_t = 100.0'
config[without-logit-adjustment]='prior_strength = 0.0'
config[without-doubt]='doubt_labels = false'
config[with-fgsm]='fgsm = 0.1'
config[with-mixup]='mixup = 0.4'
config[with-distillation]='distillation = 0.3'
config[with-soft-labels]='soft_labels = 0.2'
config[with-soft-labels-without-doubt]='soft_labels = 0.2\ndoubt_labels = false'
config[with-adapting-replay]='replay_adapts = true'
config[with-old-logits]='replay_logit_weight = 0.5'

streams='' configs=''
case "$table" in
  rates)
    streams="elec2 mnist-swap mnist-permute mnist-invert fashion-rotate fashion-prior mnist"
    for rate in $sweep; do configs+="fixed-$rate "; done
    configs+="decayed adagrad cocob hypergradient elastic-without-effort elastic-without-passes without-renaming "
    configs+="fixed-3e-3-with-effort adagrad-with-effort cocob-with-effort hypergradient-with-effort "
    configs+="elastic-10-times-too-small elastic-3-times-too-large elastic" ;;
  one-pass) streams="mnist-whole fashion-whole" configs=elastic ;;
  ablation)
    streams="elec2 mnist fashion mnist-permute fashion-rotate mnist-prior mnist-pairs"
    configs="elastic without-renaming without-replay without-counterexamples without-gate without-logit-adjustment without-doubt with-old-logits"
    configs+=" with-fgsm with-mixup with-distillation with-adapting-replay" ;;
  wrong-labels) streams="mnist mnist-wrong" configs="elastic without-doubt" ;;
  modalities) streams="sms-spam banking77 spoken-digits unheard" configs="elastic without-counterexamples without-doubt" ;;
  soft-labels) streams="mnist-light fashion-light banking77-light" configs="elastic with-soft-labels without-doubt with-soft-labels-without-doubt" ;;
  late) streams="mnist-swap mnist-swap-late mnist-permute mnist-permute-late" configs="fixed-3e-3 without-renaming elastic" ;;
  pairs) streams=mnist-pairs configs="elastic with-old-logits without-replay" ;;
  *) fail "there is no table '$table'" ;;
esac

[ -z "$only_configs" ] || configs=$only_configs
[ -z "$only_streams" ] || streams=$only_streams

run_one() {  # STREAM CONFIG SEED ARGUMENTS
  local file=$keep/$1.$length.$2.$3.$built.json
  [ -s "$file" ] && return
  # Alone in its words: names and numbers that were made above.
  # shellcheck disable=SC2086
  "$bench" --learner "$learner" --config "$keep/$2.toml" --seed "$3" $4 >"$file.part" && mv "$file.part" "$file"
}
export -f run_one
for name in $configs; do printf "[learning]\n${config[$name]}\n" >"$keep/$name.toml"; done
for seed in $(seq "$seeds"); do
  for s in $streams; do
    for c in $configs; do printf '%s\0%s\0%s\0%s\0' "$s" "$c" "$seed" "${stream[$s]}"; done
  done
done | xargs -0 -n 4 -P "$jobs" bash -c 'run_one "$@"' run_one

# median STREAM CONFIG EXPRESSION   of the seeds' values, or nothing
median() {
  local seed
  for seed in $(seq "$seeds"); do jq "$3 // empty" "$keep/$1.$length.$2.$seed.$built.json"; done |
    jq -s 'if length == 0 then empty else sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2 end'
}
# steps CONFIG   of all streams together, as a multiple of those of the fixed rate
steps() {
  local s
  for s in $streams; do printf '%s %s\n' "$(median "$s" "$1" .steps)" "$(median "$s" fixed-3e-3 .steps)"; done |
    awk '{ a += $1; b += $2 } END { print a / b }'
}
percent() { local value; value=$(median "$@"); [ -z "$value" ] || printf '%.1f' "$(jq -n "$value * 100")"; }

# by_stream HEADING EXPRESSION   one row a configuration
by_stream() {
  printf '\n%s, %%:\n\n| |' "$1"
  for s in $streams; do printf ' %s |' "$s"; done
  printf ' mean |\n|---|'
  for s in $streams; do printf -- '---|'; done
  printf -- '---|\n'
  for c in $configs; do
    printf '| %s |' "$c"
    local all=''
    for s in $streams; do
      value=$(percent "$s" "$c" "$2")
      all+="$value "
      printf ' %s |' "$value"
    done
    printf ' %.1f |\n' "$(jq -n "[$(echo $all | tr ' ' ',')] | add / length")"
  done
}
# recoveries   how soon each is back after a change
recoveries() {
  printf '\nTriggers after a change until three in a row are within 5 points of the five before it; median of the changes:\n\n| |'
  for s in $streams; do printf ' %s |' "$s"; done
  printf '\n|---|'
  for s in $streams; do printf -- '---|'; done
  printf '\n'
  for c in $configs; do
    printf '| %s |' "$c"
    for s in $streams; do printf ' %s |' "$(median "$s" "$c" .recovery_triggers)"; done
    printf '\n'
  done
}
by_stream "prequential accuracy" .accuracy
case "$table" in
  late) recoveries ;;
  rates)
    recoveries
    if [[ " $configs " == *' fixed-3e-3 '* ]]; then
      printf '\nMini-steps over all streams, as a multiple of those of fixed-3e-3:'
      for c in $configs; do printf ' %s %.2f;' "$c" "$(steps "$c")"; done
    fi
    printf '\n\nElec2: majority %s %%, last class %s %%, kappa-temporal of elastic %s\n' "$(percent elec2 elastic .majority)" "$(percent elec2 elastic .last_class)" "$(median elec2 elastic .kappa_temporal)" ;;
  *) by_stream "routed on the test images, at the end" .test.routed ;;
esac
if [ "$table" = modalities ]; then by_stream "balanced over the classes, at the end" .test.balanced; fi
if [ "$table" = wrong-labels ]; then
  for c in $configs; do
    printf '\n%s: of %s wrong labels, %s suspected, %s of them wrong\n' "$c" "$(median mnist-wrong "$c" .doubts.wrong)" "$(median mnist-wrong "$c" .doubts.doubted)" "$(median mnist-wrong "$c" .doubts.right)"
  done
fi
