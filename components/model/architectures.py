"""What decides how much memory a language model takes: its shape, as its own config file says it.

The weights are computed from it, because a repository's size on disk says little about what a card holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PACKED = 0.5
"""Bytes of a 4-bit weight."""

_FLOAT = 2
"""Bytes of a 16-bit number."""

_INDEX = 4
"""Bytes of an entry of `g_idx`, one for each input of a layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A decoder with grouped attention, its linear layers packed to 4 bits by GPTQ."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    """Tokens that it was trained for; vLLM refuses a larger `max_model_len`."""

    experts: int = 1
    """Feed-forward networks of a layer; more than one makes it a mixture, with a router."""

    head_dim: int = 128
    group_size: int | None = None
    """Inputs that share a scale; None shares it over all inputs of a layer."""

    @property
    def is_mixture(self) -> bool:
        """Whether each token goes through a few of many experts."""
        return self.experts > 1

    @property
    def weight_bytes(self) -> float:
        """Size of the weights on the card: the packed layers, and embeddings and head in 16 bits."""
        query, key = self.heads * self.head_dim, self.kv_heads * self.head_dim
        attention = self._packed(self.hidden, query) + self._packed(query, self.hidden)
        attention += 2 * self._packed(self.hidden, key)
        expert = 2 * self._packed(self.hidden, self.intermediate)
        expert += self._packed(self.intermediate, self.hidden)
        router = self.hidden * self.experts * _FLOAT if self.is_mixture else 0
        layer = attention + self.experts * expert + router
        return self.layers * layer + 2 * self.vocabulary * self.hidden * _FLOAT

    def _packed(self, inputs: int, outputs: int) -> float:
        """One linear layer: weights, a scale and a zero of 4 bits for each group, and its index of groups."""
        groups = inputs // self.group_size if self.group_size else 1
        return inputs * outputs * _PACKED + groups * outputs * (_FLOAT + _PACKED) + inputs * _INDEX


MIXTRAL: Final = "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ"
MISTRAL: Final = "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ"
"""Never v0.1 of it, which sees 4096 tokens only (`sliding_window`)."""

NEMO: Final = "ModelCloud/Mistral-Nemo-Instruct-2407-gptq-4bit"

ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    MIXTRAL: Architecture(
        layers=32, hidden=4096, intermediate=14336, heads=32, kv_heads=8,
        vocabulary=32000, context=32768, experts=8,
    ),
    MISTRAL: Architecture(
        layers=32, hidden=4096, intermediate=14336, heads=32, kv_heads=8,
        vocabulary=32000, context=32768, group_size=128,
    ),
    NEMO: Architecture(
        layers=40, hidden=5120, intermediate=14336, heads=32, kv_heads=8,
        vocabulary=131072, context=131072, group_size=128,
    ),
}  # fmt: skip
"""By repository. Nothing is computed for any other model: an operator may serve what we do not know."""
