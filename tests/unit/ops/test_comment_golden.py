"""Comments on six changes, from events that a real engine sent.

Five were previewed over the state of a lab in which all was well, the new stack from nothing. Of the
recordings only steps that change something are kept, and the summary counts those alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from ops.comment.gather import gather
from tests.golden_files import FOLDER, assert_golden

TODAY = date(2026, 11, 23)
SEEN = FOLDER / "comments"
GRANTED = """
exceptions:
  - rule: CTR-009
    resource: oracle-node-exporter
    stacks: [prod, lab]
    reason: it reads the figures of the whole machine
    owner: "@operators"
    granted: 2026-11-01
    expires: 2026-12-03
  - rule: CTR-012
    resource: starlord-vllm-primary
    stacks: [prod]
    reason: an engine without its card is none
    owner: operators
    granted: 2026-11-01
    expires: 2026-11-22
"""

SAYS: Mapping[str, tuple[str, ...]] = {
    "new-stack": ("| <code>prod</code> | ✅ good | 180 |", "A new stack of 180 resources."),
    "image-bump": (
        "<code>oracle-postgres</code> | ≤ 240 (120 + 120) |",
        "| <code>Container</code> | replace |",
    ),
    "memory-change": ("3904 → **3968**", "<code>memory</code>, <code>memorySwap</code>"),
    "volume-deletion": ("❌ failed", "because it is protected", "| <code>Volume</code> | delete |"),
    "policy-violation": ("❌ refused by policies", "| <code>critical</code> | <code>non-root-user</code> |"),
    "failing-preview": ("❌ failed", "must be a whole number", "What it would change is not known."),
}
"""What a reviewer has to see, whatever else the golden file says."""


@pytest.mark.parametrize("case", SAYS)
def test_comment(case: str, tmp_path: Path) -> None:
    granted = tmp_path / "exceptions.yaml"
    granted.write_text(GRANTED)
    stack = "prod" if case == "new-stack" else "lab"
    own = SEEN / f"{case}.plan.json"
    events = tmp_path / f"{stack}.ndjson"
    events.write_bytes((SEEN / f"{case}.events.ndjson").read_bytes())

    text = gather(
        [events],
        base_events=[],
        plans=[own if own.exists() else SEEN / f"{stack}.plan.json"],
        base_plans=[SEEN / "lab.plan.json"] if stack == "lab" else [],
        exceptions=granted,
        today=TODAY,
    ).render()

    assert [part for part in SAYS[case] if part not in text] == []
    assert_golden(f"comments/{case}.md", text)
