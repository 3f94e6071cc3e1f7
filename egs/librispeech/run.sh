#!/usr/bin/env bash
# LibriSpeech with a list of N distractors for each utterance, as the public biasing lists have them (Le et al. 2021),
# and the ladder: what each technique adds. Without its audio the texts are SYNTHESIZED, and figures cannot be compared with others'.
#
#   ./run.sh [--stage N] [--stop-stage N] [--nj N] [--config FILE] [--corpus LIBRISPEECH | --download DIR]
#            [--data DIR] [--exp DIR]
#
# e.g.: ./run.sh --corpus /data/LibriSpeech --data /data/wfst_bias
# --download fetches all of it (60 GB); with PART.tar.gz of openslr.org/12, unpacked, --corpus will do.
# DATA/is21_deep_bias has PART.biasing_100.tsv (missing ones are drawn) and all_rare_words.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=7 corpus= download= data=${WFST_BIAS_DATA:-../../../shared/data} jobs=
options "$@"
nj=${jobs:-$nj}  # --jobs is an older name

lists=$data/is21_deep_bias
for file in "$lists/$part.biasing_100.tsv" "$lists/all_rare_words.txt"; do
  [ -f "$file" ] || { echo "run.sh: no file $file; name the data folder with --data" >&2; exit 1; }
done
speech=$exp/$part.jsonl.gz

if run 1; then
  echo "stage 1: lexicon, language model and base graph"
  wfst-bias lang hama "$exp/lang"
  if [ -f "$data/lm/en-us-2g.arpa.gz" ]; then
    ln -sfn "$(realpath "$data/lm/en-us-2g.arpa.gz")" "$exp/lm.arpa.gz"
  else
    wfst-bias lm default "$exp/lm.arpa.gz"
  fi
  wfst-bias graph base "$exp/lang" "$exp/lm.arpa.gz" "$exp/base"
fi

# Every n-th line of a sorted file, from the first on: thinned FILE N
thinned() { LC_ALL=C sort "$1" | awk -v every="$2" '(NR - 1) % every == 0'; }

if run 2; then
  echo "stage 2: one in $every utterances, and their lists: the public ones where they exist, else drawn like them"
  thinned "$lists/$part.biasing_100.tsv" "$every" > "$exp/lists_100.tsv"
  thinned "$lists/all_rare_words.txt" "$words_every" > "$exp/words.txt"
  for n in $sizes; do
    if [ -f "$lists/$part.biasing_$n.tsv" ]; then
      thinned "$lists/$part.biasing_$n.tsv" "$every" > "$exp/lists_$n.tsv"
    else
      wfst-bias entities sample "$exp/words.txt" "$exp/lists_$n.tsv" --biasing "$exp/lists_100.tsv" --distractors "$n" --seed "$seed"
    fi
  done
fi

if run 3 && [ -n "$download" ]; then
  echo "stage 3: fetch the audio"
  lhotse download librispeech "$download"
fi
[ -z "$download" ] || corpus=$download/LibriSpeech

if run 4 && [ -n "$corpus" ]; then
  echo "stage 4: the audio of the utterances"
  lhotse prepare librispeech -p "$part" "$corpus" "$exp/manifests"
  lhotse cut simple -r "$exp/manifests/librispeech_recordings_$part.jsonl.gz" \
    -s "$exp/manifests/librispeech_supervisions_$part.jsonl.gz" "$exp/manifests/cuts.jsonl.gz"
  lhotse cut trim-to-supervisions "$exp/manifests/cuts.jsonl.gz" "$exp/manifests/named.jsonl.gz"
  cut -f 1 "$exp/lists_100.tsv" | sed 's/.*/"&"/' | paste -sd , | sed 's/.*/[&]/' > "$exp/manifests/names.json"
  lhotse subset --cutids "$exp/manifests/names.json" "$exp/manifests/named.jsonl.gz" "$speech"
elif run 4; then
  echo "stage 4: the texts of the utterances, SYNTHESIZED"
  cut -f 1,2 "$exp/lists_100.tsv" > "$exp/texts"
  wfst-bias data synthesize "$exp/texts" "$exp/synthetic" --named --config conf/voices.conf
  wfst-bias data cuts "$exp/synthetic" "$speech"
fi

if run 5; then
  echo "stage 5: emissions by hama"
  wfst-bias model emissions hama "$speech" "$exp/emissions"
fi

decode() { # OUT OPTIONS..., with the weights of conf
  decode_jobs "$exp/base" "$speech" "$exp/$1" --model "archive:$exp/emissions/emissions.npz" --config conf/weights.conf \
    "${@:2}"
}

if run 6; then
  echo "stage 6: decode without a list, then with the options of each rung"
  decode none
  for n in $sizes; do
    for rung in $rungs; do
      decode "${rung}_$n" --biasing "$exp/lists_$n.tsv" --config "conf/rung_$rung.conf"
    done
  done
fi

if run 7; then
  decoded=("$exp/none")
  for n in $sizes; do
    decoded_n=($(printf "$exp/%s_$n " $rungs))
    echo "stage 7: the ladder at N = $n; words as the public score.py counts them"
    wfst-bias score "$speech" "$exp/none" "${decoded_n[@]}" --ladder --librispeech --biasing "$exp/lists_$n.tsv"
    decoded+=("${decoded_n[@]}")
  done
  wfst-bias report "${decoded[@]}" "$exp/report.html" --librispeech --tables "$exp/ladder.md" --plots "$exp/plots" --audio 4
fi
