#!/usr/bin/env bash
# Synthetic speech full of rare words; on it a small Conformer CTC, the calibration of hama, and a contextual adapter
# for both. This is how the adapter that comes with the package was made, but for its size (wfst_bias/adapter/shipped/README.md).
# Then the host: a subword CTC on hama's phones, which learns from texts, too; its adapter, and the article's ladder on it.
#
#   ./run.sh --text SENTENCES [--stage N] [--stop-stage N] [--nj N] [--config FILE] [--exclude WORDS]
#            [--real DATA] [--test DATA] [--lm ARPA] [--more-text SENTENCES] [--sentences N] [--minutes N] [--exp DIR]
#
# e.g.: ./run.sh --text ljspeech.txt --exclude words_of_my_test --real data/speechocean762/train --test data/kathleen \
#         --lm data/lm/en-us-2g.arpa.gz
# the host alone: the same with --sentences 3000 --stop-stage 3, then with --stage 10 --more-text references_of_librispeech.txt
# SENTENCES has one sentence a line; --test is real speech with biasing_N.tsv in its folder, as egs/kathleen has it; apt
# install flite espeak-ng for voices other than hibari's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=15 text= more_text= exclude= real= test= lm= sizes="100 1000 2000" minutes=42 sentences=15000
options "$@"

if [ ! -f "$text" ]; then
  echo "run.sh: name a file of English sentences, one a line, with --text (found '$text')" >&2
  exit 1
fi

if run 1; then
  echo "stage 1: sentences with rare words; the first 500 are kept for validation"
  wfst-bias data sentences "$text" "$exp/sentences.txt" --copies 2 --seed 1 ${exclude:+--exclude "$exclude"}
  head -n 500 "$exp/sentences.txt" > "$exp/valid.txt"
  sed -n "501,$((500 + sentences))p" "$exp/sentences.txt" > "$exp/train.txt"
fi

if run 2; then
  echo "stage 2: synthetic speech"
  for part in valid train; do
    wfst-bias data synthesize "$exp/$part.txt" "$exp/data_$part" --seed 7 --config conf/voices.conf
  done
fi

if run 3; then
  echo "stage 3: langs, and real speech added to the synthetic where there is some"
  wfst-bias lang hama "$exp/lang_phones"
  wfst-bias lang pieces "$exp/train.txt" "$exp/bpe.model" --size 500
  tr -cs "[:alpha:]'" '\n' < "$exp/sentences.txt" | sort -u > "$exp/words.txt"
  wfst-bias lang subwords "$exp/lang_pieces" --model "$exp/bpe.model" --words "$exp/words.txt"
  wfst-bias data combine "$exp/data" "$exp/data_train" ${real:+"$real"}
fi

if run 4; then
  echo "stage 4: the base model (70 minutes on one core)"
  train conformer wfst-bias model train small "$exp/data" "$exp/conformer" --valid "$exp/data_valid" --lang "$exp/lang_pieces" \
    --phones "$exp/lang_phones" --config conf/model.conf
  wfst-bias model export "$exp/conformer" "$exp/shipped_conformer"
fi

if run 5; then
  echo "stage 5: the calibration of hama"
  train calibration wfst-bias adapter train hama "$exp/data_train" "$exp/calibration" --kind calibration --valid "$exp/data_valid" \
    --recipe conf/calibration.conf
fi

if run 6; then
  echo "stage 6: the adapter of hama"
  train adapter_hama wfst-bias adapter train hama "$exp/data" "$exp/adapter_hama" --valid "$exp/data_valid" \
    --recipe conf/adapter.conf ${exclude:+--exclude "$exclude"}
fi

if run 7; then
  echo "stage 7: the adapter of the base model"
  train adapter_conformer wfst-bias adapter train "conformer:$exp/conformer" "$exp/data_train" "$exp/adapter_conformer" \
    --valid "$exp/data_valid" --lang "$exp/lang_pieces" --phones "$exp/lang_phones" --recipe conf/adapter.conf \
    ${exclude:+--exclude "$exclude"}
fi

# Decode with the list NAME in the graph GRAPH and in the adapter: evaluate SYSTEM GRAPH LIST OPTIONS...
evaluate() {
  local out="$exp/$1" graph=$2 list=$3; shift 3
  decode_jobs "$graph" "$test" "$out" --stages none "$@"
  echo "== $out"
  wfst-bias score "$test" "$out" --entities "$list"
}

if [ -n "$test" ] && run 8; then
  echo "stage 8: graphs of subwords, lists, and words that are not spoken, for the control"
  wfst-bias graph base "$exp/lang_pieces" "$lm" "$exp/base_pieces"
  cut -d ' ' -f 2- "$test/text" | tr ' ' '\n' | sort -u > "$exp/reference_words.txt"
  for n in $sizes; do
    wfst-bias entities sample "$exp/list_$n.txt" --biasing "$test/biasing_$n.tsv" --distractors "$n"
    wfst-bias graph compile "$exp/base_pieces" "$exp/list_$n.txt" "$exp/pieces_$n"
    grep -vxFf "$exp/reference_words.txt" "$exp/words.txt" \
      | awk -v many="$(wc -l < "$exp/list_$n.txt")" 'NR % 7 == 0 && taken++ < many' > "$exp/others_$n.txt"
  done
fi

if [ -n "$test" ] && run 9; then
  echo "stage 9: the base model on real speech: no list, the adapter alone, with a list of other words, the graph, both"
  model=(--model "conformer:$exp/conformer")
  adapter=(--adapter "$exp/adapter_conformer")
  for n in $sizes; do
    list="$exp/list_$n.txt"
    evaluate "none_$n" "$exp/base_pieces" "$list" "${model[@]}"
    evaluate "alone_$n" "$exp/base_pieces" "$list" "${model[@]}" "${adapter[@]}" --list "$list"
    evaluate "others_$n" "$exp/base_pieces" "$list" "${model[@]}" "${adapter[@]}" --list "$exp/others_$n.txt"
    evaluate "graph_$n" "$exp/pieces_$n" "$list" "${model[@]}"
    evaluate "joint_$n" "$exp/pieces_$n" "$list" "${model[@]}" "${adapter[@]}"
  done
fi

. local/host.sh
