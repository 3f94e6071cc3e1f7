# Stages 10 to 15 of ../run.sh, which reads this file: a subword CTC on hama's phones (the host), its adapter, and the
# article's ladder on it.

# A word a line, of a lang folder: words_of LANG
words_of() { awk '{ print $1 }' "$1/words.txt" | grep -E "^[a-z][a-z']*$"; }

if [ -n "$lm" ] && run 10; then
  echo "stage 10: texts for the host: sentences with rare words, sentences of the language model, words in random order"
  wfst-bias data sentences "$text" "$exp/rare_sentences.txt" --copies 4 --seed 5 --mean 0.8 ${exclude:+--exclude "$exclude"}
  wfst-bias lm sample "$lm" "$exp/lm_sentences.txt" --count 150000 --most 14 --seed 2
  cat "$exp/rare_sentences.txt" "$exp/lm_sentences.txt" > "$exp/texts_of_pieces.txt"
  wfst-bias lang pieces "$exp/texts_of_pieces.txt" "$exp/host_bpe.model" --size 500
  wfst-bias lang subwords "$exp/lang_host" --model "$exp/host_bpe.model" --words "$lm"
  {
    cat "$exp/texts_of_pieces.txt"
    for n in ${more_text:+1 2}; do
      awk '{ for (i = 1; i <= NF; i++) printf "%s%s", $i, i % 14 && i < NF ? " " : "\n" }' "$more_text"
    done
    for n in 1 2 3; do words_of "$exp/lang_host" | shuf --random-source=<(yes $n) | paste -d ' ' - - - - - -; done
    for n in 1 2; do words_of "$exp/lang_phones" | shuf --random-source=<(yes $n) | paste -d ' ' - - - - -; done
  } > "$exp/texts.txt"
fi

if [ -n "$lm" ] && run 11; then
  echo "stage 11: the host ($minutes minutes on one core)"
  # the code that oneDNN makes for the shapes of batches is kept: it makes as much for each of them as a batch takes
  export ONEDNN_PRIMITIVE_CACHE_CAPACITY=16384
  train host wfst-bias model train hama "$exp/data" "$exp/host_training" --valid "$exp/data_valid" --threads 1 \
    --lang "$exp/lang_host" --phones "$exp/lang_phones" --texts "$exp/texts.txt" --minutes "$minutes" \
    ${exclude:+--exclude "$exclude"}
  wfst-bias model export "$exp/host_training" "$exp/host"
fi

if [ -n "$lm" ] && run 12; then
  echo "stage 12: the adapter of the host"
  export ONEDNN_PRIMITIVE_CACHE_CAPACITY=16384
  words_of "$exp/lang_host" | shuf --random-source=<(yes 4) > "$exp/words_in_disorder.txt"
  if [ -n "$exclude" ]; then
    grep -vxFf "$exclude" "$exp/words_in_disorder.txt" | head -n 8000 > "$exp/distractors.txt" || true
  else
    head -n 8000 "$exp/words_in_disorder.txt" > "$exp/distractors.txt"
  fi
  train adapter_host wfst-bias adapter train "conformer:$exp/host" "$exp/data" "$exp/adapter_host" \
    --valid "$exp/data_valid" --lang "$exp/lang_host" --phones "$exp/lang_phones" --recipe conf/adapter_host.conf \
    --distractors "$exp/distractors.txt" ${exclude:+--exclude "$exclude"}
fi

if [ -n "$test" ] && run 13; then
  echo "stage 13: the host's graphs of lists, without spelling variants (host_plain) and with them; its emissions and hama's"
  wfst-bias graph base "$exp/lang_host" "$lm" "$exp/host_base"
  for n in $sizes; do
    wfst-bias entities sample "$exp/list_$n.txt" --biasing "$test/biasing_$n.tsv" --distractors "$n"
    wfst-bias graph compile "$exp/host_base" "$exp/list_$n.txt" "$exp/host_plain_$n" --g2g-variants 0
    wfst-bias graph compile "$exp/host_base" "$exp/list_$n.txt" "$exp/host_graph_$n" --g2g-sources graphones --g2g-variants 4
  done
  wfst-bias model emissions "conformer:$exp/host" "$test" "$exp/host_emissions"
  wfst-bias model emissions hama "$test" "$exp/hama_emissions"
fi

# Decode with the host's stored emissions, without a second pass if OPTIONS name none: decode_host GRAPH OUT OPTIONS...
decode_host() {
  decode_jobs "$exp/$1" "$test" "$exp/ladder_$2" --config conf/host.conf --stages none \
    --model "archive:$exp/host_emissions/emissions.npz" "${@:3}"
}

if [ -n "$test" ] && run 14; then
  echo "stage 14: the ladder of the article on the host: one technique at a time, and all"
  phones=(--phone-model "archive:$exp/hama_emissions/emissions.npz")
  adapter=(--config conf/host.conf --model "conformer:$exp/host" --adapter "$exp/adapter_host")
  decode_host host_base none
  for n in $sizes; do
    list=(--list "$exp/list_$n.txt")
    decode_host "host_plain_$n" "unigram_$n" --boost-alpha 0
    decode_host "host_plain_$n" "adaptive_$n"
    decode_host "host_plain_$n" "rescored_$n" --stages rescore,lookup "${phones[@]}"
    decode_host "host_graph_$n" "variants_$n" --stages rescore,lookup "${phones[@]}"
    decode_host host_base "lookup_$n" --stages lookup "${phones[@]}" "${list[@]}"
    if [ -d "$exp/adapter_host" ]; then
      decode_jobs "$exp/host_base" "$test" "$exp/ladder_adapter_$n" --stages none "${adapter[@]}" "${list[@]}"
      decode_jobs "$exp/host_graph_$n" "$test" "$exp/ladder_joint_$n" --stages rescore,lookup "${adapter[@]}"
    fi
  done
fi

if [ -n "$test" ] && run 15; then
  echo "stage 15: the ladder as a table and a page"
  rungs=("$exp/ladder_none")
  for n in $sizes; do
    for rung in {unigram,adaptive,rescored,variants,lookup,adapter,joint}_"$n"; do
      [ ! -d "$exp/ladder_$rung" ] || rungs+=("$exp/ladder_$rung")
    done
  done
  wfst-bias report "${rungs[@]}" "$exp/ladder.html" --tables "$exp/ladder.md"
fi
