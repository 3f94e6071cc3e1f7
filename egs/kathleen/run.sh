#!/usr/bin/env bash
# Real speech of one speaker (593 CMU-Arctic sentences), one list for all of them: their rare words and
# N distractors.
#
#   ./run.sh [--stage N] [--stop-stage N] [--data DIR] [--exp DIR]
#
# e.g.: ./run.sh --data /data/wfst_bias --stage 4
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh

stage=1
stop_stage=9
data=${WFST_BIAS_DATA:-../../../shared/data}
exp=exp
sizes="100 500 1000 2000"

while [ $# -gt 0 ]; do
  case "$1" in
    --stage) stage=$2; shift 2 ;;
    --stop-stage) stop_stage=$2; shift 2 ;;
    --data) data=$2; shift 2 ;;
    --exp) exp=$2; shift 2 ;;
    *) sed -n '2,7p' "$0" >&2; exit 2 ;;
  esac
done

for file in wav.scp text biasing_100.tsv; do
  if [ ! -f "$data/kathleen/$file" ]; then
    echo "run.sh: $data/kathleen/$file is missing; name the data folder with --data" >&2
    exit 1
  fi
done
run() { [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ]; }
mkdir -p "$exp"

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
  echo "stage 4: lists and their graphs"
  for n in $sizes; do
    wfst-bias entities pool "$data/kathleen/biasing_$n.tsv" "$exp/list_$n.txt" --distractors "$n"
    wfst-bias graph compile "$exp/base" "$exp/list_$n.txt" "$exp/graph_$n" $(cat conf/class.conf)
  done
fi

if run 5; then
  echo "stage 5: decode without a list and with each"
  wfst-bias decode "$exp/base" "$data/kathleen" "$exp/decode_none" $(cat conf/decode.conf)
  for n in $sizes; do
    wfst-bias decode "$exp/graph_$n" "$data/kathleen" "$exp/decode_$n" $(cat conf/decode.conf)
  done
fi

# Score all utterances, and the half that nothing was tuned on (every second one): score_both SYSTEM N
score_both() {
  awk 'NR % 2 == 0 { print $1 }' "$data/kathleen/wav.scp" > "$exp/held_out"
  for part in all held_out; do
    only=(); [ $part = all ] || only=(--utterances "$exp/held_out")
    echo "== N = $2, system: $1, utterances: $part"
    wfst-bias score "$data/kathleen" "$exp/decode_$1" --entities "$exp/list_$2.txt" --confidence \
      --json "$exp/score_$1_$2_$part.json" ${only[@]+"${only[@]}"}
  done
}

if run 6; then
  echo "stage 6: score"
  for n in $sizes; do
    score_both none "$n"
    score_both "$n" "$n"
  done
fi

if run 7; then
  echo "stage 7: the adapter that comes with the package: alone, and beside the list in the graph"
  for n in 100 1000 2000; do
    wfst-bias decode "$exp/base" "$data/kathleen" "$exp/decode_alone_$n" $(cat conf/decode.conf) --adapter default \
      --list "$exp/list_$n.txt"
    score_both "alone_$n" "$n"
    wfst-bias decode "$exp/graph_$n" "$data/kathleen" "$exp/decode_joint_$n" $(cat conf/decode.conf) --adapter default
    score_both "joint_$n" "$n"
  done
fi

if run 8; then
  echo "stage 8: weights for the other half, every second utterance from the first on, and what they give on both"
  awk 'NR % 2 == 1 { print $1 }' "$data/kathleen/wav.scp" > "$exp/tuned"
  wfst-bias tune "$exp/base" "$exp/list_1000.txt" "$data/kathleen" "$exp/tuned.conf" --utterances "$exp/tuned"
  wfst-bias graph compile "$exp/base" "$exp/list_1000.txt" "$exp/graph_tuned" --config "$exp/tuned.conf"
  wfst-bias decode "$exp/graph_tuned" "$data/kathleen" "$exp/decode_tuned" --config "$exp/tuned.conf"
  score_both tuned 1000
fi

if run 9; then
  echo "stage 9: what is done behind the search, with a list in the graph and without"
  wfst-bias decode "$exp/base" "$data/kathleen" "$exp/staged_none" --stages lookup --list "$exp/list_1000.txt"
  wfst-bias decode "$exp/graph_1000" "$data/kathleen" "$exp/staged" $(cat conf/decode.conf conf/stages.conf)
  wfst-bias decode "$exp/graph_1000" "$data/kathleen" "$exp/staged_mbr" --stages rescore,mbr,lookup
  for only in "" "--utterances $exp/held_out"; do
    wfst-bias score "$data/kathleen" "$exp"/staged{_none,,_mbr} --ladder $only --entities "$exp/list_1000.txt"
  done
fi
