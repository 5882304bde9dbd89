"""Texts of others, such as the engine's errors, without what looks like a secret, before they are quoted."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from components.railway.masks import MASK, Masks

SHORTEST_SECRET = 8
"""Characters. A shorter text is found in places where it means nothing."""

_WORDS = r"(?:api[-_]?keys?|keys?|pass(?:word|phrase|wd)s?|secrets?|secret[-_]ids?|tokens?|credentials?)"
_SECRET_NAME = re.compile(rf"(?:^|[-_.]){_WORDS}$", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_GIVEN = re.compile(
    rf"""(?P<name>(?<![A-Za-z])[\w.-]*?{_WORDS}["']?\s*(?:=|:(?!:))\s*)"""
    r"""(?!must\b)(?:"[^"]*"|'[^']*'|[^\s,;"']+)""",
    re.IGNORECASE,
)
"""A name and its value; an error of our own goes on with `must` there."""

_BEARER = re.compile(r"(?P<name>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?P<name>://[^\s/:@]*:)[^\s/@]+(?=@)")
_ARMOURED = re.compile(r"(?P<name>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END|\Z)", re.DOTALL)
_FORMS = (_ARMOURED, _BEARER, _IN_ADDRESS, _GIVEN)


def is_secret(name: str) -> bool:
    """Whether a name says that its value is secret: `db_password`, `apiKeys`, `vault.secret-id`."""
    return bool(_SECRET_NAME.search(_HUMP.sub("_", name)))


def quotable(text: str, variables: Mapping[str, str] = os.environ) -> str:
    """The text without secrets of the environment, and without values that stand behind a secret's name."""
    known = Masks()
    known.add(value for name, value in variables.items() if is_secret(name) and len(value) >= SHORTEST_SECRET)
    text = known.hide(text)
    for form in _FORMS:
        text = form.sub(rf"\g<name>{MASK}", text)
    return text
