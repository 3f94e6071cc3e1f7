#!/usr/bin/env bash
# A domain of the article, medicine or parliament (conf/recipe.conf): synthetic speech full of its names, and the ladder,
# what each technique adds at N = 0, 100, 500, 1000, 2000.
#
#   ./run.sh [--stage N] [--stop-stage N] [--text SENTENCES] [--exp DIR]
#
# e.g.: ./run.sh --text ljspeech.txt
# SENTENCES, one a line, are spoken for false alarms in speech without names (stage 9); apt install flite espeak-ng.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. conf/recipe.conf

stage=1 stop_stage=9 text= exp=exp
while [ $# -gt 0 ]; do
  case "$1" in
    --stage) stage=$2; shift 2 ;;
    --stop-stage) stop_stage=$2; shift 2 ;;
    --text) text=$2; shift 2 ;;
    --exp) exp=$2; shift 2 ;;
    *) sed -n '2,8p' run.sh >&2; exit 2 ;;
  esac
done

[ -z "$text" ] || [ -f "$text" ] || { echo "run.sh: no file $text; name one of sentences with --text" >&2; exit 1; }
run() { [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ]; }
mkdir -p "$exp"
emissions() { echo "--model archive:$exp/emissions_$1/emissions.npz"; }
# Decode with the tuned weights: decode GRAPH DATA OUT OPTIONS...
decode() { wfst-bias decode "$exp/$1" "$exp/data_$2" "$exp/$3" --config "$exp/tuned.conf" $(emissions "$2") "${@:4}"; }
behind="--stages rescore,lookup $(cat conf/lookup.conf)"

if run 1; then
  echo "stage 1: sentences to tune on and to test on, which share neither template nor name"
  wfst-bias data templates conf/templates.txt "$domain" "$exp/dev.txt" --part 1/2 --count "$sentences_dev"
  wfst-bias data templates conf/templates.txt "$domain" "$exp/test.txt" --part 2/2 --count "$sentences_test"
fi

if run 2; then
  echo "stage 2: speech, by other voices for each, and what hama hears in it"
  for part in dev test; do
    wfst-bias data synthesise "$exp/$part.txt" "$exp/data_$part" $(cat "conf/voices_$part.conf")
    wfst-bias data cuts "$exp/data_$part" "$exp/$part.jsonl.gz"
    wfst-bias model emissions hama "$exp/$part.jsonl.gz" "$exp/emissions_$part"
  done
fi

if run 3; then
  echo "stage 3: lexicon, language model and base graph; nothing in them is of the domain"
  wfst-bias lang hama "$exp/lang"
  wfst-bias lm default "$exp/lm.arpa.gz"
  wfst-bias graph base "$exp/lang" "$exp/lm.arpa.gz" "$exp/base" $(cat conf/classes.conf)
fi

if run 4; then
  echo "stage 4: weights, on the sentences, names and voices of the first part"
  wfst-bias entities sample "$domain" "$exp/data_dev" "$exp/list_dev.jsonl" --distractors "$size_tuned"
  wfst-bias tune "$exp/base" "$exp/list_dev.jsonl" "$exp/data_dev" "$exp/tuned.conf" --config conf/first.conf \
    --stages rescore $(emissions dev)
fi

if run 5; then
  echo "stage 5: lists, the names of the test set and N others; their graphs, without variants (plain) and with them"
  for n in $sizes; do
    wfst-bias entities sample "$domain" "$exp/data_test" "$exp/list_$n.jsonl" --distractors "$n"
    wfst-bias graph compile "$exp/base" "$exp/list_$n.jsonl" "$exp/plain_$n" --config "$exp/tuned.conf" --g2g-variants 0
    wfst-bias graph compile "$exp/base" "$exp/list_$n.jsonl" "$exp/graph_$n" --config "$exp/tuned.conf"
  done
fi

if run 6; then
  echo "stage 6: the list in the decoder, a technique more each time"
  decode base test none --stages none
  for n in $sizes; do
    decode "plain_$n" test "unigram_$n" --stages none --boost-alpha 0
    decode "plain_$n" test "adaptive_$n" --stages none
    decode "graph_$n" test "variants_$n" $behind
  done
fi

if run 7; then
  echo "stage 7: the list in the adapter that comes with the package, alone and with all the rest"
  for n in $sizes; do
    decode base test "adapter_$n" --stages none --adapter default --list "$exp/list_$n.jsonl"
    decode "graph_$n" test "joint_$n" $behind --adapter default
  done
fi

if run 8; then
  for n in $sizes; do
    echo "stage 8: the ladder at N = $n"
    wfst-bias score "$exp/data_test" "$exp"/{none,"unigram_$n","adaptive_$n","variants_$n","adapter_$n","joint_$n"} \
      --ladder --entities "$exp/list_$n.jsonl" --json "$exp/ladder_$n.json"
  done
fi

# What is found of a list that DATA does not say: false_alarms DATA
false_alarms() {
  wfst-bias model emissions hama "$exp/data_$1" "$exp/emissions_$1"
  wfst-bias entities sample "$domain" "$exp/data_$1" "$exp/list_$1.jsonl" --unsaid --distractors "$empty_size"
  wfst-bias graph compile "$exp/base" "$exp/list_$1.jsonl" "$exp/graph_$1" --config "$exp/tuned.conf"
  decode base "$1" "none_$1" --stages none
  decode "graph_$1" "$1" "variants_$1" $behind
  decode "graph_$1" "$1" "joint_$1" $behind --adapter default
  wfst-bias score "$exp/data_$1" "$exp"/{none,variants,joint}_"$1" --ladder \
    --entities "$exp/list_$1.jsonl" --json "$exp/ladder_$1.json"
}

if run 9; then
  echo "stage 9: false alarms where no name is said: in silence and noise, in speech"
  wfst-bias data noise "$exp/data_noise" --minutes "$empty_minutes"
  false_alarms noise
  if [ -n "$text" ]; then
    wfst-bias data sentences "$text" "$exp/empty.txt" --mean 0
    head -n "$empty_sentences" "$exp/empty.txt" > "$exp/empty_said.txt"
    wfst-bias data synthesise "$exp/empty_said.txt" "$exp/data_empty" $(cat conf/voices_test.conf)
    false_alarms empty
  fi
fi
