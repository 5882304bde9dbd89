"""What gives a secret away although nobody marked it: its name, its form, its randomness.

Nothing here is certain. A password that a person chose, under an innocent name, is not found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log2

_SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|CREDENTIALS?"
    r"|(^|_)(PASS|AUTH|KEY)|REQUIREPASS|(API|ACCESS|SECRET|MASTER|PRIVATE|AUTH)KEY)\Z"
)
"""Ends of names. A name that goes on behind them, such as `PASSWORD_FILE`, says where the secret is."""

_HARMLESS = re.compile(r"(true|false|yes|no|on|off)?\Z|\$", re.IGNORECASE)
"""A switch, nothing, or a reference that a shell resolves."""

_SERVICES = (
    r"sk-|rk_live_|sk_live_|gsk_|pplx-|tvly-|hf_|r8_|ghp_|gho_|ghs_|github_pat_|glpat-|npm_|pypi-|"
    r"dckr_pat_|xox[abeprs]-|hv[bs]\.|tskey-|SG\.|AIza|AKIA|ASIA"
)
"""How the keys of known services begin."""

_KNOWN_FORMS = (
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-1"),
    ("a password in an address", r"://[^/\s:@]*:[^/\s:@$]+@"),
    ("a hash of a password", r"\$(2[aby]|5|6|y|argon2\w*)\$"),
    ("a signed token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}"),
    ("a key in the form of a known service", rf"\b({_SERVICES})[\w-]{{12,}}"),
    ("a random identifier", r"(?i)(?<!GPU-)(?<!MIG-)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
)
_RUN = re.compile(r"[A-Za-z0-9+]{20,}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\b")
_BITS_A_SIGN = 3.0
"""Entropy that random text of 20 signs has and words have not, where digits are among the letters."""


def names_secret(name: str) -> bool:
    """Tell whether what has this name is a secret itself; upper and lower case and signs count the same."""
    return bool(_SECRET_NAME.search(re.sub(r"[-.]", "_", name).upper()))


def is_harmless(value: str) -> bool:
    """Tell whether a value cannot be a secret, whatever its name."""
    return bool(_HARMLESS.match(value.strip("\"'")))


def known_form(text: str) -> str | None:
    """What kind of secret stands in a text in a form of its own; None for none."""
    return next((kind for kind, form in _KNOWN_FORMS if re.search(form, text)), None)


def find_form(text: str) -> str | None:
    """The same, and text that looks random; the digest of an image is none."""
    runs = _RUN.findall(_DIGEST.sub("", text))
    return known_form(text) or ("random text" if any(map(_is_random, runs)) else None)


def named_values(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values in a command: `--name=value`, `--name value`, `NAME=value`, in a script too."""
    every = [part for word in words for part in re.split(r"[\s;&|()]+", word) if part]
    for part, following in pairwise([*every, ""]):
        name, assigned, value = part.strip("\"'").partition("=")
        if assigned:
            yield name.lstrip("-"), value
        elif part.startswith("-"):
            yield part.lstrip("-"), "" if following.startswith("-") else following


def _is_random(run: str) -> bool:
    digits = any(sign.isdigit() for sign in run)
    letters = any(sign.isalpha() for sign in run)
    return digits and letters and _entropy(run) >= _BITS_A_SIGN


def _entropy(text: str) -> float:
    """Bits a sign, by how often each sign stands in the text itself."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares)
