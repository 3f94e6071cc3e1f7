r"""The frame of an ARPA file: its header, the marks of its sections, its end."""

import re
from pathlib import Path
from typing import Dict

from wfst_bias.core.errors import InputError
from wfst_bias.core.notes import Notes
from wfst_bias.core.packed import UNPACKING_ERRORS, unpacked

_NAME_THE_ARPA = "name the ARPA file that it was made of"
_OTHERS = (
    (b"mmap lm http://kheafield.com/code", f"is a binary model of KenLM; {_NAME_THE_ARPA}"),
    (b"SRILM_BINARY_NGRAM", "is a binary model of SRILM; convert it, 'ngram -lm FILE -write-lm OUT.arpa'"),
    (b"blmt", "is a binary model of IRSTLM; convert it, 'compile-lm --text=yes FILE OUT.arpa'"),
    (b"Qblmt", "is a binary model of IRSTLM; convert it, 'compile-lm --text=yes FILE OUT.arpa'"),
    (b"iARPA", "is an iARPA file of IRSTLM; convert it, 'compile-lm --text=yes FILE OUT.arpa'"),
    (b"Trie Language Model", "is a binary model of pocketsphinx; convert it, 'sphinx_lm_convert -i FILE -o OUT.arpa'"),
    (b"\xd6\xfd\xb2\x7e", f"is a machine of OpenFst, such as G.fst; {_NAME_THE_ARPA}"),
    (b"\x28\xb5\x2f\xfd", "is packed by Zstandard; unpack it, or pack it by gzip, bzip2 or xz"),
    (b"PK\x03\x04", "is a zip archive; unpack it"),
)
_AFTER_END = "lines after \\end\\ that are not read"


def check_is_text(path: Path) -> None:
    """Raise :class:`InputError` where a file is a language model of another format."""
    if not Path(path).is_file():
        return  # a pipe, which cannot be read twice
    try:
        with unpacked(path) as stream:
            head = stream.read(40)
    except (OSError, *UNPACKING_ERRORS):
        return  # told when its lines are read
    for magic, problem in _OTHERS:
        if head.startswith(magic):
            raise InputError(problem, path)


class Frame:
    """Header, sections and end of a file, checked line by line.

    Args:
      path: the file, for errors.
      notes: where lines after the end are noted.
    """

    def __init__(self, path: Path, notes: Notes):
        self._path = path
        self._notes = notes
        self._declared: Dict[int, int] = {}
        self._begun = self._ended = False
        self.section = 0  # order of the n-grams that follow, 0 outside of all sections
        self.seen = 0  # n-grams of that order up to now

    @property
    def highest(self) -> int:
        """The highest order that is declared."""
        return max(self._declared)

    def read(self, line: str, number: int) -> None:
        """Read a line that is no n-gram."""
        key = line.strip().lower()
        if not key or not self._begun and key != "\\data\\":
            return
        if self._ended:
            self._notes.add(_AFTER_END, [f"line {number}: {line.strip()!r}"])
        elif key == "\\data\\":
            if self._begun:
                raise InputError("has a second \\data\\; one model in a file was expected", self._path, number)
            self._begun = True
        elif key == "\\end\\":
            self._close_section(number)
            self._begin_section(self.highest + 1 if self._declared else 1, number)
            self.section, self._ended = 0, True
        elif key.startswith("\\"):
            match = re.fullmatch(r"\\\s*(\d{1,9})\s*-\s*grams?\s*:?", key, re.ASCII)
            if not match or not 0 < int(match[1]) <= max(self._declared, default=0):
                raise InputError(
                    f"{line.strip()!r} was not announced under \\data\\; expected \\N-grams: or \\end\\",
                    self._path,
                    number,
                )
            self._close_section(number)
            self._begin_section(int(match[1]), number)
        else:
            self._declare(key, line, number)

    def check_end(self, number: int) -> None:
        """Raise :class:`InputError` where the file has no model, or ends in it."""
        if not self._declared:
            raise InputError("is no ARPA model: it has no \\data\\ section with counts", self._path)
        if not self._ended:
            raise InputError("ends before \\end\\: the file was cut short; fetch it again", self._path, number)

    def _declare(self, key: str, line: str, number: int) -> None:
        match = re.fullmatch(r"ngram\s*(\d{1,9})\s*=\s*(\d{1,18})", key, re.ASCII)
        if not match:
            raise InputError(f"found {line!r}; expected 'ngram ORDER=COUNT'", self._path, number)
        if int(match[1]) != len(self._declared) + 1:
            raise InputError(
                f"found {line!r}; expected the count of order {len(self._declared) + 1}", self._path, number
            )
        self._declared[int(match[1])] = int(match[2])

    def _begin_section(self, order: int, number: int) -> None:
        for missing in range(self.section + 1, order):
            if self._declared[missing]:
                raise InputError(
                    f"the {self._declared[missing]} {missing}-grams that \\data\\ announces are not there; "
                    "fetch the file again",
                    self._path,
                    number,
                )
        if order <= self.section:
            raise InputError(f"the {order}-grams come after the {self.section}-grams; sort them", self._path, number)
        self.section, self.seen = order, 0

    def _close_section(self, number: int) -> None:
        if self.section and self.seen != self._declared[self.section]:
            raise InputError(
                f"the {self.section}-gram section ends after {self.seen} of {self._declared[self.section]} n-grams; "
                "fetch the file again, or correct its count under \\data\\",
                self._path,
                number,
            )
