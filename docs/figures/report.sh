#!/usr/bin/env bash
# docs/figures/report.png: the first screen of a report on real speech, the last 253 sentences of kathleen, decoded
# without a list and with one of 1,622 words that has their rare words and 1,000 distractors. Needs chromium.
#
#   docs/figures/report.sh SPEECH BASE OUT [MODEL]
#
# e.g.: docs/figures/report.sh data/kathleen egs/kathleen/exp/base exp/picture
# SPEECH is a Kaldi data folder with biasing_1000.tsv, BASE the base of egs/kathleen/run.sh; OUT becomes a folder with
# the two decode folders, report.html and report.png. MODEL (default: hama) may be archive:FILE, stored emissions.
set -euo pipefail
speech=$(realpath "$1") base=$2 out=$3 model=${4:-hama}
mkdir -p "$out/kathleen"
for file in text utt2spk; do awk '$1 >= "arctic_a0341"' "$speech/$file" > "$out/kathleen/$file"; done
awk -v folder="$speech" '$1 >= "arctic_a0341" { print $1, ($2 ~ "^/" ? "" : folder "/") $2 }' "$speech/wav.scp" \
  > "$out/kathleen/wav.scp"

wfst-bias entities sample "$out/names.txt" --biasing "$speech/biasing_1000.tsv" --distractors 1000
wfst-bias graph compile "$base" "$out/names.txt" "$out/graph_1000"
wfst-bias decode "$base" "$out/kathleen" "$out/without_list" --model "$model"
wfst-bias decode "$out/graph_1000" "$out/kathleen" "$out/with_list" --model "$model"
wfst-bias report "$out/without_list" "$out/with_list" "$out/report.html"

chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1432 \
  --screenshot="$out/report.png" "file://$(realpath "$out/report.html")"
python - "$out/report.png" << 'END'
import sys

from PIL import Image

Image.open(sys.argv[1]).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
END
