#!/usr/bin/env bash
# Real speech of one speaker (593 CMU-Arctic sentences), one list for all of them: their rare words and N distractors; and
# the ladder, what each technique adds at N = 0, 100, 500, 1000, 2000.
#
#   ./run.sh [--stage N] [--stop-stage N] [--nj N] [--config FILE] [--data DIR] [--exp DIR] [--sizes "100 1000"]
#
# e.g.: ./run.sh --data /data/wfst_bias --stage 4
# DATA/kathleen is a Kaldi data folder with biasing_100.tsv and the others, DATA/lm has en-us-2g.arpa.gz (else another is made).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=10 data=${WFST_BIAS_DATA:-../../../shared/data}
options "$@"

for file in wav.scp text biasing_100.tsv; do
  [ -f "$data/kathleen/$file" ] || { echo "run.sh: no $data/kathleen/$file; name the data folder with --data" >&2; exit 1; }
done
speech=$data/kathleen
# Decode with the weights of conf, without a second pass if OPTIONS name none: decode GRAPH OUT OPTIONS...
decode() {
  decode_jobs "$exp/$1" "$speech" "$exp/$2" --config conf/weights.conf \
    --model "archive:$exp/emissions/emissions.npz" --stages none "${@:3}"
}

if run 1; then
  echo "stage 1: lexicon"
  wfst-bias lang hama "$exp/lang"
fi

if run 2; then
  echo "stage 2: language model"
  if [ -f "$data/lm/en-us-2g.arpa.gz" ]; then
    ln -sfn "$(realpath "$data/lm/en-us-2g.arpa.gz")" "$exp/lm.arpa.gz"
  else
    wfst-bias lm default "$exp/lm.arpa.gz"
  fi
fi

if run 3; then
  echo "stage 3: base graph"
  wfst-bias graph base "$exp/lang" "$exp/lm.arpa.gz" "$exp/base"
fi

if run 4; then
  echo "stage 4: lists and their graphs, without pronunciation variants (plain) and with them"
  for n in $sizes; do
    wfst-bias entities sample "$exp/list_$n.txt" --biasing "$speech/biasing_$n.tsv" --distractors "$n"
    wfst-bias graph compile "$exp/base" "$exp/list_$n.txt" "$exp/plain_$n" --config conf/weights.conf --g2g-variants 0
    wfst-bias graph compile "$exp/base" "$exp/list_$n.txt" "$exp/graph_$n" --config conf/weights.conf
  done
fi

if run 5; then
  echo "stage 5: emissions by hama, and the two halves of the speech: weights were chosen on the first"
  wfst-bias model emissions hama "$speech" "$exp/emissions"
  awk 'NR % 2 == 1 { print $1 }' "$speech/wav.scp" > "$exp/tuned"
  awk 'NR % 2 == 0 { print $1 }' "$speech/wav.scp" > "$exp/held_out"
fi

if run 6; then
  echo "stage 6: the list in the graph, adding one technique at a time"
  decode base none
  for n in $sizes; do
    decode "plain_$n" "unigram_$n" --boost-alpha 0
    decode "plain_$n" "adaptive_$n"
    decode "graph_$n" "variants_$n" --stages rescore,lookup
    decode "graph_$n" "verified_$n" --stages rescore,verify,lookup
  done
fi

if run 7; then
  echo "stage 7: the list in the lookup alone; in the adapter that comes with the package, alone and with all other techniques"
  for n in $sizes; do
    decode base "lookup_$n" --stages lookup --list "$exp/list_$n.txt"
    decode base "adapter_$n" --adapter default --list "$exp/list_$n.txt"
    decode "graph_$n" "joint_$n" --stages rescore,lookup --adapter default
  done
fi

if run 8; then
  rungs=("$exp/none")
  for n in $sizes; do
    rungs+=("$exp"/{unigram,adaptive,variants,joint,adapter,lookup,verified}_"$n")
    echo "stage 8: the ladder at N = $n"
    wfst-bias score "$speech" "$exp/none" "${rungs[@]: -7}" --ladder --entities "$exp/list_$n.txt"
  done
  wfst-bias report "${rungs[@]}" "$exp/report.html" --tables "$exp/ladder.md" --plots "$exp/plots" --audio 4 --attention 2
  wfst-bias report "${rungs[@]}" "$exp/held_out.html" --tables "$exp/held_out.md" --utterances "$exp/held_out"
fi

if run 9; then
  echo "stage 9: weights for the other half, and what they give on both"
  wfst-bias tune "$exp/base" "$exp/list_$size_tuned.txt" "$speech" "$exp/tuned.conf" --utterances "$exp/tuned" \
    --model "archive:$exp/emissions/emissions.npz"
  wfst-bias graph compile "$exp/base" "$exp/list_$size_tuned.txt" "$exp/graph_tuned" --config "$exp/tuned.conf"
  decode_jobs "$exp/graph_tuned" "$speech" "$exp/decode_tuned" --config "$exp/tuned.conf" --stages none
  for part in tuned held_out; do
    wfst-bias score "$speech" "$exp"/{"variants_$size_tuned",decode_tuned} --ladder --entities "$exp/list_$size_tuned.txt" \
      --utterances "$exp/$part"
  done
fi

if run 10; then
  echo "stage 10: precision against recall over the class bonus"
  for b in $bonuses; do
    wfst-bias graph compile "$exp/base" "$exp/list_$size_tuned.txt" "$exp/bonus_graph_$b" --config conf/weights.conf \
      --class-bonus "$b"
    decode "bonus_graph_$b" "bonus_$b"
  done
  wfst-bias report $(printf "$exp/bonus_%s " $bonuses) "$exp/bonus.html" --tables "$exp/bonus.md" --plots "$exp/plots_bonus"
fi
