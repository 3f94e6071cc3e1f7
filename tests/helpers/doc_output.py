"""Compare what a page shows with what its commands wrote."""

import re

_NUMBER = re.compile(r"\d+(?:,\d{3})+|\d+\.\d+|\d+")
_MESSAGE = "wfst-bias: "  # progress, times and warnings, which a page may leave out


def first_difference(shown, written):
    """Return the first line shown that was not written in this place, or None.

    ``...`` stands for any lines where it is alone, else for any text. Blanks count as one. Numbers may differ by 5 % or by
    2 units of the last digit, as on another processor. Messages on stderr that a page does not show are passed over.
    """
    expected = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
    found = [" ".join(line.split()) for line in written.splitlines() if line.strip()]
    position, anywhere = 0, False
    for line in expected:
        if line == "...":
            anywhere = True
            continue
        while position < len(found) and not _same(line, found[position]):
            if not anywhere and not found[position].startswith(_MESSAGE):
                return line
            position += 1
        if position == len(found):
            return line
        position, anywhere = position + 1, False
    rest = [line for line in found[position:] if not line.startswith(_MESSAGE)]
    return f"(no more lines, but there was: {rest[0]})" if rest and not anywhere else None


def _same(shown, written):
    pattern = ".*".join(_pattern(part) for part in shown.split("..."))
    match = re.fullmatch(pattern, written)
    numbers = [number for part in shown.split("...") for number in _NUMBER.findall(part)]
    return bool(match) and all(map(_near, numbers, match.groups()))


def _pattern(text):
    """A pattern of the text, with a group for each number."""
    numberless = [re.escape(part) for part in _NUMBER.split(text)]
    return rf"({_NUMBER.pattern})".join(numberless)


def _near(shown, written):
    a, b = (float(text.replace(",", "")) for text in (shown, written))
    return abs(a - b) <= max(0.05 * abs(a), 2.0 * 10 ** -len(shown.partition(".")[2]))
