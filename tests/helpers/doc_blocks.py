"""Code blocks of Markdown pages, with the comments above them that say how a test runs them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "graphs" / "README.md"]
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```[ \t]*$", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"<!-- test: (?P<text>.*?) -->\s*\Z", re.DOTALL)
_REPLACED = re.compile(r"with '([^']*)' for '([^']*)'")


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment above it asks for.

    A comment is ``<!-- test: not run, REASON -->``, ``<!-- test: exit 1 -->``, or ``<!-- test: with 'NEW' for 'OLD' -->``,
    which replaces text so that a test takes seconds where a user's run takes hours; several are divided by ``;``.
    """

    page: Path
    line: int
    language: str
    title: str
    text: str
    not_run: str = ""
    exit_code: int = 0
    replaced: Tuple[Tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def run_text(self) -> str:
        """The text as it is run."""
        text = self.text
        for new, old in self.replaced:
            assert old in text, f"{self.place}: the block has no '{old}'"
            text = text.replace(old, new)
        return text


def read_blocks(page: Path):
    """Yield the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        indent = match["indent"]
        body = re.sub(f"^{indent}", "", match["body"], flags=re.MULTILINE) if indent else match["body"]
        language, _, options = match["info"].strip().partition(" ")
        title = re.search(r'title="([^"]*)"', options)
        line = text.count("\n", 0, match.start()) + 1
        asked = _asked(text[: match.start()], f"{page.name}:{line}")
        yield Block(page, line, language, title[1] if title else "", body, **asked)


def _asked(before: str, place: str) -> dict:
    comment = _COMMENT.search(before[before.rfind("<!--") :]) if "<!--" in before else None
    if not comment:
        return {}
    text = " ".join(comment["text"].split())
    if text.startswith("not run, "):
        return {"not_run": text[len("not run, ") :]}
    found = {"replaced": tuple(_REPLACED.findall(text))}
    exit_code = re.search(r"exit (\d+)", _REPLACED.sub("", text))
    if exit_code:
        found["exit_code"] = int(exit_code[1])
    assert found["replaced"] or exit_code, f"{place}: no test has the words '{text}'"
    return found
