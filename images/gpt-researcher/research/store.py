"""Reports on disk: one file each, written in one step, so that a reader never sees half of one."""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path
from typing import Final, TypedDict

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"

_ID = re.compile(r"task_\d+_[0-9a-f]{10}")


class Report(TypedDict):
    """What the service answers for one report; times are milliseconds since 1970, as upstream's."""

    id: str
    question: str
    report_type: str
    report_source: str
    status: str
    answer: str
    sources: list[str]
    error: str
    timestamp: int


class Store:
    """The folder of all reports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, *, question: str, report_type: str, report_source: str) -> Report:
        """Put a new report in, which is being worked on."""
        now = time.time()
        report = Report(
            id=f"task_{int(now)}_{secrets.token_hex(5)}",
            question=question,
            report_type=report_type,
            report_source=report_source,
            status=RUNNING,
            answer="",
            sources=[],
            error="",
            timestamp=int(now * 1000),
        )
        self._write(report)
        return report

    def finish(self, report: Report, *, answer: str, sources: list[str]) -> Report:
        """Put in what was found."""
        return self._write({**report, "status": DONE, "answer": answer, "sources": sources})

    def fail(self, report: Report, error: str) -> Report:
        """Put in why there is none."""
        return self._write({**report, "status": FAILED, "error": error})

    def get(self, name: str) -> Report | None:
        """The report of that id, or None."""
        file = self._folder / f"{name}.json"
        if not _ID.fullmatch(name) or not file.exists():
            return None
        report: Report = json.loads(file.read_text(encoding="utf-8"))
        return report

    def all(self) -> list[Report]:
        """Every report, the newest first."""
        found = [self.get(file.stem) for file in self._folder.glob("task_*.json")]
        return sorted((each for each in found if each), key=lambda each: each["timestamp"], reverse=True)

    def remove(self, name: str) -> bool:
        """Forget a report; tells whether there was one."""
        if self.get(name) is None:
            return False
        (self._folder / f"{name}.json").unlink()
        return True

    def give_up_unfinished(self) -> None:
        """Mark what an earlier process was working on when it ended."""
        for report in self.all():
            if report["status"] == RUNNING:
                self.fail(report, "the service was stopped while it worked on this; ask again")

    def _write(self, report: Report) -> Report:
        file = self._folder / f"{report['id']}.json"
        half = file.with_suffix(".part")
        half.write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
        half.replace(file)
        return report
