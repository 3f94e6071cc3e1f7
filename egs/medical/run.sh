#!/usr/bin/env bash
# A domain of the article, medicine or parliament (conf/recipe.conf): synthetic speech full of its names, and the ladder,
# what each technique adds at N = 0, 100, 500, 1000, 2000. apt install flite espeak-ng
#
#   ./run.sh [--stage N] [--stop-stage N] [--nj N] [--config FILE] [--text SENTENCES] [--exp DIR] [--sizes "100 1000"]
# e.g.: ./run.sh --text ljspeech.txt. SENTENCES, one a line, are spoken for false alarms in speech without names (stage 9).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=10 text=
options "$@"
[ -z "$text" ] || [ -f "$text" ] || { echo "run.sh: no file $text; name one of sentences with --text" >&2; exit 1; }
decode() { # GRAPH DATA OUT OPTIONS..., with the tuned weights
  decode_jobs "$exp/$1" "$exp/data_$2" "$exp/$3" --config "$exp/tuned.conf" \
    --model "archive:$exp/emissions_$2/emissions.npz" "${@:4}"
}
second_pass="--stages rescore,lookup --config conf/lookup.conf"
sure="--stages rescore,verify,lookup --config conf/lookup.conf --config conf/verify.conf"

if run 1; then
  echo "stage 1: sentences to tune and to test on, which share neither template nor name"
  wfst-bias data templates conf/templates.txt "$domain" "$exp/dev.txt" --part 1/2 --count "$sentences_dev"
  wfst-bias data templates conf/templates.txt "$domain" "$exp/test.txt" --part 2/2 --count "$sentences_test"
fi

if run 2; then
  echo "stage 2: speech, by other voices for each, and its emissions by hama"
  for part in dev test; do
    wfst-bias data synthesize "$exp/$part.txt" "$exp/data_$part" --config "conf/voices_$part.conf"
    wfst-bias data cuts "$exp/data_$part" "$exp/$part.jsonl.gz"
    wfst-bias model emissions hama "$exp/$part.jsonl.gz" "$exp/emissions_$part"
  done
fi

if run 3; then
  echo "stage 3: lexicon, language model and base graph; nothing in them is of the domain"
  wfst-bias lang hama "$exp/lang"
  wfst-bias lm default "$exp/lm.arpa.gz"
  wfst-bias graph base "$exp/lang" "$exp/lm.arpa.gz" "$exp/base" --config conf/classes.conf
fi

if run 4; then
  echo "stage 4: tune the weights on the sentences, names and voices of the first part"
  wfst-bias entities sample "$domain" "$exp/data_dev" "$exp/list_dev.jsonl" --distractors "$size_tuned"
  wfst-bias tune "$exp/base" "$exp/list_dev.jsonl" "$exp/data_dev" "$exp/tuned.conf" --config conf/first.conf \
    --stages rescore --model "archive:$exp/emissions_dev/emissions.npz"
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
  echo "stage 6: the list in the graph, adding one technique at a time"
  decode base test none --stages none
  for n in $sizes; do
    decode "plain_$n" test "unigram_$n" --stages none --boost-alpha 0
    decode "plain_$n" test "adaptive_$n" --stages none
    decode "graph_$n" test "variants_$n" $second_pass
    decode "graph_$n" test "verified_$n" $sure
  done
fi

if run 7; then
  echo "stage 7: the list in the lookup alone; in the adapter that comes with the package, alone and with all other techniques"
  for n in $sizes; do
    decode base test "lookup_$n" --stages lookup --config conf/lookup.conf --list "$exp/list_$n.jsonl"
    decode base test "adapter_$n" --stages none --adapter default --list "$exp/list_$n.jsonl"
    decode "graph_$n" test "joint_$n" $second_pass --adapter default
  done
fi

if run 8; then
  rungs=("$exp/none")
  for n in $sizes; do
    rungs+=("$exp"/{unigram,adaptive,variants,joint,adapter,lookup,verified}_"$n")
    echo "stage 8: the ladder at N = $n"
    wfst-bias score "$exp/data_test" "$exp/none" "${rungs[@]: -7}" --ladder --entities "$exp/list_$n.jsonl"
  done
  wfst-bias report "${rungs[@]}" "$exp/report.html" --tables "$exp/ladder.md" --plots "$exp/plots" --audio 4 --attention 2
fi

if run 9; then
  echo "stage 9: false alarms of names that are not spoken: in silence and noise${text:+, in speech without names}"
  wfst-bias data noise "$exp/data_noise" --minutes "$empty_minutes"
  if [ -n "$text" ]; then
    wfst-bias data sentences "$text" "$exp/sentences.txt" --mean 0
    head -n "$empty_sentences" "$exp/sentences.txt" > "$exp/empty.txt"
    wfst-bias data synthesize "$exp/empty.txt" "$exp/data_empty" --config conf/voices_test.conf
  fi
  for part in noise ${text:+empty}; do
    wfst-bias model emissions hama "$exp/data_$part" "$exp/emissions_$part"
    wfst-bias entities sample "$domain" "$exp/data_$part" "$exp/list_$part.jsonl" --unsaid --distractors "$empty_size"
    wfst-bias graph compile "$exp/base" "$exp/list_$part.jsonl" "$exp/graph_$part" --config "$exp/tuned.conf"
    decode base "$part" "none_$part" --stages none
    decode "graph_$part" "$part" "variants_$part" $sure
    decode "graph_$part" "$part" "joint_$part" $sure --adapter default
    wfst-bias report "$exp"/{none,variants,joint}_"$part" "$exp/report_$part.html" --tables "$exp/ladder_$part.md"
  done
fi

if run 10; then
  echo "stage 10: over the class bonus, precision against recall, and false alarms in speech without names"
  ln -sfn "list_$size_tuned.jsonl" "$exp/list_test.jsonl"
  for part in test ${text:+empty}; do
    for b in $bonuses; do
      wfst-bias graph compile "$exp/base" "$exp/list_$part.jsonl" "$exp/graph_${part}_$b" --config "$exp/tuned.conf" \
        --class-bonus "$b"
      decode "graph_${part}_$b" "$part" "bonus_${part}_$b" --stages none
    done
    wfst-bias report $(printf "$exp/bonus_${part}_%s " $bonuses) "$exp/bonus_$part.html" --tables "$exp/bonus_$part.md" \
      --plots "$exp/plots_bonus_$part"
  done
fi
