"""What each engine's share of its card holds."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Column, Table

from components.model.capacity import Capacity, engine_capacities
from ops.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFit:
    """An engine of the profile."""

    role: str
    model: str
    length: int
    """Tokens of the longest request."""

    capacity: Capacity | None
    """None for a model whose shape is not known."""


def engines(stack: Stack) -> tuple[EngineFit, ...]:
    """The engines that run, in the order of the cascade."""
    models = stack.settings.models.by_role()
    found = engine_capacities(stack.settings, {name: tuple(stack.on(name)) for name in stack.nodes})
    return tuple(
        EngineFit(role=role, model=model.repository, length=model.max_model_len, capacity=found.get(role))
        for role, model in models.items()
    )


def table(fits: tuple[EngineFit, ...], *, profile: str) -> Table:
    """Weights and cache of each engine; computed, and good to some tenths of a GiB."""
    figures = ("weights GiB", "working GiB", "cache GiB", "cache tokens", "longest", "at once")
    columns = [Column(name, justify="right") for name in figures]
    title = f"cards, profile {profile} (computed)"
    shown = Table("engine", "model", *columns, title=title, title_justify="left")
    for fit in fits:
        shown.add_row(fit.role, fit.model, *_cells(fit))
    return shown


def _cells(fit: EngineFit) -> tuple[str, ...]:
    found = fit.capacity
    if found is None:
        return ("-", "-", "-", "-", str(fit.length), "-")
    colour = "green" if found.fits else "red"
    sizes = (f"{size:.2f}" for size in (found.weights_gib, found.overhead_gib, found.pool_gib))
    return (
        *sizes,
        str(found.tokens),
        str(fit.length),
        f"[{colour}]{found.max_concurrency:.2f}[/{colour}]",
    )
