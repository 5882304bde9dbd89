"""Read all that the comment is made of. What is missing or broken is named in it and hides nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ops.comment import changes, verdicts
from ops.comment import exceptions as granted
from ops.comment import plans as planned
from ops.comment.changes import Inputs
from ops.comment.compose import Comment, Report
from ops.comment.plans import Plans
from ops.gate import events
from ops.gate.events import Preview


@dataclass(frozen=True, slots=True)
class _Stream:
    """A preview, and the inputs that it showed."""

    stack: str
    preview: Preview
    inputs: Mapping[str, Inputs]


def gather(
    files: Sequence[Path],
    *,
    base_events: Sequence[Path],
    plans: Sequence[Path],
    base_plans: Sequence[Path],
    gates: Sequence[Path] = (),
    exceptions: Path,
    today: date,
) -> Comment:
    """The comment on previews, a file each.

    Where both a preview and that of the base began with an empty state, their difference is what changes;
    elsewhere the engine says it itself.
    """
    before, after, judged = planned.read(base_plans), planned.read(plans), verdicts.read(gates)
    bases = {stream.stack: stream for stream in map(_stream, base_events)}
    return Comment(
        reports=tuple(
            replace(
                _report(stream, bases.get(stream.stack), before, after),
                gate=judged.by_stack.get(stream.stack),
            )
            for stream in map(_stream, files)
        ),
        exceptions=granted.read(exceptions),
        today=today,
        unusable=(*before.unreadable, *after.unreadable, *judged.unreadable),
    )


def _stream(file: Path) -> _Stream:
    """What a file holds; a preview that named no resource is of the stack that its file is named for."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    preview = events.read(lines)
    return _Stream(preview.stack or file.name.partition(".")[0], preview, changes.inputs(lines))


def _report(stream: _Stream, base: _Stream | None, before: Plans, after: Plans) -> Report:
    comparable = base is not None and all(
        each.preview.complete and changes.began_with_nothing(each.preview) for each in (base, stream)
    )
    return Report(
        stack=stream.stack,
        preview=stream.preview,
        changes=(
            changes.compared(base.preview, stream.preview, before=base.inputs, after=stream.inputs)
            if base is not None and comparable
            else changes.changes(stream.preview)
        ),
        compared=comparable,
        before=before.by_stack.get(stream.stack),
        after=after.by_stack.get(stream.stack),
    )
