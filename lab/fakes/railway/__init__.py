"""A stand-in for Railway: its GraphQL API and its edge, as far as the swarm's helpers there need them.

What it does beyond the schema was seen by others at the real one, and each such thing is a switch. It runs
nothing: a deployment is a status, a log and what would have run.
"""

from __future__ import annotations

from lab.fakes.railway.fake import FakeRailway

__all__ = ["FakeRailway"]
