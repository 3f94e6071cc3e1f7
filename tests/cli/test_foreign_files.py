"""Models, lexicons and tokens of other programs, through the commands: what is left out is told."""

from wfst_bias.core.files import read_json

LEXICON = "!SIL SIL\r\nISLE 0.9 ay1 l\r\nISLE(2) 0.1 AY1 S L\r\nOF AH V #1\r\nSKYE S K AY1 # place\r\n"
TOKENS = "<blk>\t0\r\nAY\t1\r\nL\t2\r\nS\t3\r\nK\t4\r\nAH\t5\r\nV\t6\r\n#0\t7\r\n"
ARPA = """\\data\\
ngram 1=6
ngram 2=5

\\1-grams:
-99 <s> -0.3
-0.9 </s>
-0.7 Isle -0.3
-0.8 of -0.2
-0.9 Skye -0.1
-2 <unk>

\\2-grams:
-0.2 <s> Isle
-0.1 Isle of
-0.3 of Skye
-0.2 Skye </s>
-0.9 Skye <unk>

\\end\\
"""


def test_from_files_of_other_programs_to_a_base(tmp_path, run):
    for name, text in {"lexicon.txt": LEXICON, "tokens.txt": TOKENS, "lm.arpa": ARPA}.items():
        (tmp_path / name).write_bytes(text.encode())
    made = run(
        "lang", "phones", tmp_path / "lang", "--tokens", tmp_path / "tokens.txt", "--lexicon", tmp_path / "lexicon.txt"
    )
    assert made.exit_code == 0 and "3 words, 7 tokens" in made.output
    assert f"wfst-bias: {tmp_path / 'lexicon.txt'}: symbols and noises, which are no words: 1 (!SIL)" in made.output
    assert (tmp_path / "lang" / "lexicon.txt").read_text().splitlines() == [
        "isle AY L",
        "isle AY S L",
        "of AH V",
        "skye S K AY",
    ]
    compiled = run("graph", "base", tmp_path / "lang", tmp_path / "lm.arpa", tmp_path / "base")
    assert compiled.exit_code == 0, compiled.output
    for note in (
        "words read as those of the lexicon, from which they differ in case or Unicode form: 2 (Isle as isle, Skye as skye)",
        "n-grams left out because of the word for all unknown words: 2 (<unk>)",
    ):
        assert f"wfst-bias: {tmp_path / 'lm.arpa'}: {note}" in compiled.output.splitlines()
    assert "give it to the lexicon" not in compiled.output  # <unk> needs nothing
    assert read_json(tmp_path / "base" / "meta.json")["language_model"]["skipped_ngrams"] == 2


def test_pruning_tells_what_it_reads_in_another_way(tmp_path, run):
    (tmp_path / "lm.arpa").write_text(ARPA.replace("-0.9 Skye <unk>", "0.1 Skye <unk>") + "CITY 1 Skye\n")
    result = run("lm", "prune", tmp_path / "lm.arpa", tmp_path / "out.arpa")
    assert result.exit_code == 0, result.output
    assert (
        f"wfst-bias: {tmp_path / 'lm.arpa'}: probabilities above 1, which are read as 1: 1 (line 18: 0.1)"
        in result.output
    )
    assert "lines after \\end\\ that are not read: 1 (line 21: 'CITY 1 Skye')" in result.output
