"""What every section of the stack file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Values that never change, under known keys only."""

    model_config = ConfigDict(frozen=True, extra="forbid")
