"""The text of ARPA language models."""

import math
import re
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of

BOS, EOS = "<s>", "</s>"


def arpa_ngrams(path: Path) -> Iterator[Tuple[int, int, List[str]]]:
    """Each n-gram of an ARPA file: its line, its order, its fields; the frame is checked on the way.

    Raises:
      InputError: with the line where the frame breaks.
    """
    declared: Dict[int, int] = {}
    section: Optional[int] = None
    seen = 0
    number = 0
    ended = False

    def close_section() -> None:
        if section and seen != declared[section]:
            raise InputError(
                f"the {section}-gram section ends after {seen} of {declared[section]} n-grams; fetch the file again",
                path,
                number,
            )

    for number, line in lines_of(path):
        if section and line.strip() and not line.startswith("\\"):
            seen += 1
            fields = line.split()
            if not _is_ngram(fields, section):
                what = "LOG10" + " WORD" * section + " [BACKOFF]"
                raise InputError(f"found {line!r}; expected '{what}'", path, number)
            yield number, section, fields
        elif line.startswith("ngram ") and section is None:
            match = re.fullmatch(r"ngram (\d+)\s*=\s*(\d+)\s*", line)
            if not match:
                raise InputError(f"found {line!r}; expected 'ngram ORDER=COUNT'", path, number)
            declared[int(match[1])] = int(match[2])
        elif re.fullmatch(r"\\\d+-grams:\s*", line):
            close_section()
            section, seen = int(line[1 : line.index("-")]), 0
            if section not in declared:
                raise InputError(f"{line!r} was not announced under \\data\\", path, number)
        elif line.strip() == "\\end\\":
            close_section()
            ended = True
            break
    if not declared or section is None:
        raise InputError("is no ARPA model: it has no \\data\\ section with counts", path)
    if not ended:
        raise InputError("ends before \\end\\: the file was cut short; fetch it again", path, number)


def _is_ngram(fields: List[str], order: int) -> bool:
    if len(fields) not in (order + 1, order + 2):
        return False
    try:
        numbers = [float(field) for field in (fields[0], *fields[order + 1 :])]
    except ValueError:
        return False
    return all(map(math.isfinite, numbers))
