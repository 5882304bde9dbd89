"""What is looked for: every secret in every form in which a program could have written it down."""

from __future__ import annotations

import base64
import json
import math
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from urllib.parse import quote

LONGEST_PIECE = 32
"""Characters. Encoders break base64 into lines of 64 or 76, and of a longer text one piece is left whole."""

_GO_ESCAPED = "<>&"
"""Go's JSON writes these as `\\u003c` and so on (encoding/json, HTMLEscape)."""


class Form(StrEnum):
    """How a value is written."""

    TEXT = "text"
    BASE64 = "base64"
    BASE64_OF_BYTES = "base64 of the bytes"
    """Of a value that is itself hex: the bytes that it stands for."""

    HEX = "hex"
    URL = "URL-encoded"
    JSON = "JSON-escaped"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """What a pattern was made from; two secrets with one value share the pattern."""

    names: tuple[str, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class Needles:
    """The patterns, and whose they are. Neither values nor patterns are ever shown."""

    sources: Mapping[str, Source] = field(repr=False)
    canary: str = field(repr=False, default_factory=lambda: secrets.token_hex(16))
    """Belongs to nobody: each search must find it in a text of its own, or it could find nothing at all."""

    @property
    def lines(self) -> str:
        """The patterns for `grep -F -f`, the canary first."""
        return "".join(f"{pattern}\n" for pattern in (self.canary, *self.sources))

    def source(self, match: str) -> Source | None:
        """Whose pattern a match is."""
        return self.sources.get(match)

    def within(self, text: str) -> dict[Source, int]:
        """Which secrets a text holds, each with the place of its first character."""
        found: dict[Source, int] = {}
        for pattern, source in self.sources.items():
            place = text.find(pattern)
            if place >= 0:
                found[source] = min(place, found.get(source, place))
        return found

    def cleaned(self, text: str) -> str:
        """The text with every pattern replaced by the name of its secret, so that it may be shown."""
        for pattern, source in sorted(self.sources.items(), key=lambda item: -len(item[0])):
            text = text.replace(pattern, f"<{' = '.join(source.names)}>")
        return text


def needles(values: Mapping[str, str]) -> Needles:
    """The patterns of all secrets."""
    names: dict[str, list[str]] = {}
    forms: dict[str, Form] = {}
    for name, value in values.items():
        for form, pattern in patterns(needle(value)):
            if name not in names.setdefault(pattern, []):
                names[pattern].append(name)
            forms.setdefault(pattern, form)
    return Needles({pattern: Source(tuple(owners), forms[pattern]) for pattern, owners in names.items()})


def needle(value: str) -> str:
    """The line of a value that stands for all of it.

    Of PEM text that is a line from the middle: the first ones say what kind of key it is, the last one may
    be short, and a search by lines cannot find more than one.
    """
    lines = [line.strip() for line in value.strip().split("\n")]
    inner = [line for line in lines if not line.startswith("-----")] or lines
    longest = [line for line in inner if len(line) == max(map(len, inner))]
    return longest[len(longest) // 2]


def patterns(text: str) -> Iterator[tuple[Form, str]]:
    """Every form of one line of text, the plainest first."""
    raw = text.encode()
    yield Form.TEXT, text
    yield from ((Form.BASE64, each) for each in base64_pieces(raw))
    yield from ((Form.HEX, each) for each in (raw.hex(), raw.hex().upper()))
    if (inner := _bytes_of(text)) is not None:
        yield from ((Form.TEXT, each) for each in (text.lower(), text.upper()))
        yield from ((Form.BASE64_OF_BYTES, each) for each in base64_pieces(inner))
    yield from ((Form.URL, quote(text, safe=safe)) for safe in ("", "/"))
    yield from ((Form.JSON, each) for each in _escaped(text))


def base64_pieces(raw: bytes) -> Iterator[str]:
    """What base64 of any text around `raw` holds, wherever `raw` begins in it and however lines are broken.

    A character holds six bits, so the text repeats itself every three bytes: that makes three readings. The
    characters at both ends also hold bits of the neighbours and are left out.
    """
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw).decode()
        whole = encoded[math.ceil(8 * shift / 6) : 8 * (shift + len(raw)) // 6]
        for piece in _pieces(whole):
            yield piece
            yield piece.translate(str.maketrans("+/", "-_"))


def _pieces(text: str) -> Iterator[str]:
    """Pieces of about equal length, none longer than `LONGEST_PIECE`; a short text is left in one piece."""
    count = max(math.ceil(len(text) / LONGEST_PIECE), 2) if len(text) >= LONGEST_PIECE else 1
    ends = [len(text) * index // count for index in range(count + 1)]
    return (text[start:end] for start, end in pairwise(ends))


def _bytes_of(text: str) -> bytes | None:
    """The bytes that a text of hex digits stands for."""
    try:
        return bytes.fromhex(text) if len(text) >= 2 * 8 else None
    except ValueError:
        return None


def _escaped(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        for character in _GO_ESCAPED:
            escaped = escaped.replace(character, f"\\u{ord(character):04x}")
        yield escaped
