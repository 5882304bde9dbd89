"""What the stack may cost a month, as its settings say: budgets of paid models, and the cloud's estimate.

Electricity is left out: what a card draws is known, what else a machine draws and what a kilowatt-hour costs
is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.catalogue.railway import cloud
from components.config.settings import Settings
from components.model.cloud import bill

DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One bill."""

    name: str
    dollars_per_month: float
    basis: str
    """Where the sum comes from, in words."""


def costs(settings: Settings) -> tuple[Cost, ...]:
    """Every bill, in a fixed order; a budget counts in full, whether or not its key is set."""
    remote = settings.remote
    budgets = {
        "openrouter": remote.openrouter,
        "gemini": remote.gemini,
        "perplexity": remote.perplexity,
        "embedding": remote.embedding,
    }
    found = [
        Cost(
            name=name,
            dollars_per_month=round(DAYS * model.dollars_per_day, 2),
            basis=f"budget of a day, {DAYS} times",
        )
        for name, model in budgets.items()
        if model is not None
    ]
    if (project := cloud(settings)) is not None:
        found.append(Cost(name="railway", dollars_per_month=bill(project), basis="estimate for average days"))
    return tuple(found)
