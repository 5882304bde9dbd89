"""What the rules on graphics cards know of inference engines: their arguments, models and cards.

Shown is never an argument, only a number or a model of the list: an argument may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .nodes import Node
from .problems import UnreadableError
from .resources import CONTAINER, SERVICE_LABEL, Resource

SHARE = "--gpu-memory-utilization"
OFFLOAD = "--cpu-offload-gb"
WATCHERS = frozenset({"gpu-monitor", "thermal-monitor"})
"""Services that read a card and keep nothing in its memory."""

_DEVICE = re.compile(r'"?device=(?P<number>[0-9]+)"?')
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Model:
    """What a model takes of a card before it answers anything."""

    weights_mib: int
    overhead_mib: int
    """Activations, graphs and workspaces, from published start logs; some hundred more or less."""


_NOTHING = Model(0, 0)
MODELS = {
    "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ": Model(22691, 1674),
    "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ": Model(3963, 1418),
    "ModelCloud/Mistral-Nemo-Instruct-2407-gptq-4bit": Model(7970, 1418),
    "stand-in/mixtral-8x7b": _NOTHING,
}
"""Weights of 4 bits with their scales, embeddings and head of 16, computed from each model's config file."""


def engines(resources: Sequence[Resource]) -> list[Resource]:
    """The containers that run an engine, by name.

    By the image or by the argument that only an engine has.
    """
    found = [each for each in resources if each.type == CONTAINER and is_engine(each)]
    return sorted(found, key=lambda each: each.name)


def is_engine(container: Resource) -> bool:
    """Tell an engine from anything else; what has a card and cannot be read is one."""
    try:
        image = (container.fields.text("image") or "").partition("@")[0]
        return "vllm" in image.rpartition("/")[2] or option(container, SHARE) is not None
    except UnreadableError:
        return uses_card(container)


def uses_card(container: Resource) -> bool:
    """Tell whether a card is handed to a container, known or not."""
    return container.fields.holds("gpus")


def is_watcher(container: Resource) -> bool:
    """Tell a service that only reads a card."""
    return container.label(SERVICE_LABEL) in WATCHERS


def option(container: Resource, name: str) -> str | None:
    """An option's value, `--name=value` or `--name value`; the last one counts, as argparse takes it."""
    words = _words(container)
    found = None
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag == name:
            found = value if equals else "".join(words[index + 1 : index + 2])
    return found


def amount(container: Resource, name: str) -> Fraction | None:
    """A number among the options; None without it.

    Raises:
        UnreadableError: It is no number.
    """
    text = option(container, name)
    if text is None:
        return None
    if not _DECIMAL.fullmatch(text):
        raise UnreadableError(f"command {name}", "must be a decimal number", "another text")
    return Fraction(text)


def model_of(container: Resource) -> Model:
    """The model that an engine serves.

    Raises:
        UnreadableError: It names none whose weights are known.
    """
    named = option(container, "--model")
    models = [named] if named else [word for word in _words(container) if _MODEL.fullmatch(word)]
    known = [MODELS[name] for name in models if name in MODELS]
    if len(known) != 1:
        fix = "add its weights to policy/rules/support/engines.py"
        raise UnreadableError("command", "must name one model whose weights are known", str(len(known)), fix)
    return known[0]


def card_of(container: Resource, node: Node) -> int:
    """Number of the card that a container takes.

    Raises:
        UnreadableError: There is no such card, or it is not one.
    """
    text = container.fields.text("gpus")
    device = _DEVICE.fullmatch(text or "")
    number = int(device["number"]) if device else 0
    if not (device or text in {None, "all"}) or (not device and len(node.cards_mib) > 1):
        raise UnreadableError("gpus", "must name one card of several, e.g. device=0", repr(text))
    if number >= len(node.cards_mib):
        raise UnreadableError("gpus", "must be a card of its node", f"card {number} of {len(node.cards_mib)}")
    return number


def _words(container: Resource) -> tuple[str, ...]:
    """What is started. Left out, the provider takes the image's own and calls it unknown until the update."""
    fields = container.fields
    names = [name for name in ("entrypoints", "command") if not fields.is_unknown(name)]
    return tuple(word for name in names for word in fields.texts(name))
