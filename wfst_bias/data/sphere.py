"""Headers of NIST SPHERE files."""

import re
from typing import Dict

HEAD_BYTES = 1024  # and more only where there are more fields than anybody has
_MARK = b"NIST_1A"


def sphere_fields(head: bytes) -> Dict[str, str]:
    """The fields of the header at the begin of some bytes, and its ``header_size``; empty where it is no SPHERE."""
    if not head.startswith(_MARK):
        return {}
    text = head.split(b"end_head")[0].decode("latin-1")
    fields = dict(re.findall(r"^(\w+) -\S+ (.*?)\s*$", text, re.M))
    size = re.match(r"NIST_1A\s+(\d+)", text)
    return {**fields, "header_size": size[1]} if size else {}


def sphere_samples(head: bytes) -> int:
    """The number of samples of each channel that a header announces; 0 where it does not."""
    count = sphere_fields(head).get("sample_count", "")
    return int(count) if count.isdecimal() else 0


def sphere_size(head: bytes) -> int:
    """Bytes of a file that is not compressed, by its header; 0 where that does not say."""
    fields = sphere_fields(head)
    names = ("header_size", "sample_count", "sample_n_bytes", "channel_count")
    numbers = [int(fields[name]) for name in names if fields.get(name, "").isdecimal()]
    if len(numbers) < len(names):
        return 0
    header, count, width, channels = numbers
    return header + count * width * channels
