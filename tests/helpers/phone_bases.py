"""A small phone model without a token between words, as folders that the commands write."""


def phones_files(folder):
    """Tokens, lexicon and sentences."""
    (folder / "tokens.txt").write_text("".join(f"{p} {i}\n" for i, p in enumerate(["<blk>", *"abdeikmnorstu"])))
    words = "man mano manor no nor or at art a red read:red tree dent"
    lines = [w.split(":") if ":" in w else (w, w) for w in words.split()]
    (folder / "lexicon.txt").write_text("".join(f"{word} {' '.join(said)}\n" for word, said in lines))
    (folder / "sentences.txt").write_text("a man at art\nno red manor\nread a tree at a manor\nmano nor man\n")
    return folder


def phones_folder(run, folder, topology):
    """The base of the same phones, with a topology."""
    files = phones_files(folder)
    lang = ("lang", "phones", folder / "lang", "--tokens", files / "tokens.txt", "--lexicon", files / "lexicon.txt")
    for command in (
        ("lm", "train", files / "sentences.txt", folder / "lm.arpa", "--order", 3),
        lang,
        ("graph", "base", folder / "lang", folder / "lm.arpa", folder / "base", "--topology", topology),
    ):
        assert run(*command).exit_code == 0
    return folder / "base"
