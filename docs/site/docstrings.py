"""Docstrings as Markdown: the roles of reStructuredText that they use become code."""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|data):``?~?([^`]+)``?")


class Roles(griffe.Extension):
    """Replaces ``:class:`~a.b.C``` by code, and the ``::`` before an example by ``:``."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = re.sub(r"::(\n\n)", r":\1", _ROLE.sub(r"`\1`", obj.docstring.value))
