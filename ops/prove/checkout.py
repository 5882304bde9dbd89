"""The places on this machine that people share or send around: the git tree with its history, and logs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from ops.prove.needles import Needles
from ops.prove.report import Outcome, gathered
from ops.prove.search import here, search


def git_files(checkout: Path, needles: Needles) -> Outcome:
    """Files that are, or could be, under version control."""
    answer = search(here(checkout), needles, "git_files")
    return Outcome(
        searched=f"{answer.count('files')} files",
        findings=gathered((hit.path, hit.offset, hit.source) for hit in answer.hits),
        problems=answer.problems,
    )


def git_objects(checkout: Path, needles: Needles) -> Outcome:
    """Every version of every file, every message, and what was thrown away but not yet collected."""
    answer = search(here(checkout), needles, "git_objects")
    listed = here(checkout)("git cat-file --batch-all-objects --batch-check", "")
    starts = list(_starts(listed))
    found = []
    for hit in answer.hits:
        start, name = starts[bisect_right(starts, (hit.offset, "~")) - 1]
        found.append((f"git object {name}", hit.offset - start, hit.source))
    return Outcome(searched=f"{len(starts)} objects", findings=gathered(found), problems=answer.problems)


def _starts(listed: str) -> Iterator[tuple[int, str]]:
    """Where each object's content begins in the output of `git cat-file --batch`, in the same order.

    Each has a line with its id, kind and size before it, and a line end behind it (git-cat-file(1)).
    """
    at = 0
    for line in listed.splitlines():
        name, kind, size = line.split()
        at += len(line) + 1
        yield at, f"{name} ({kind})"
        at += int(size) + 1


def logs(folder: Path, needles: Needles) -> Outcome:
    """Logs of what was built and deployed."""
    answer = search(here(folder), needles, "folders", str(folder))
    return Outcome(
        searched=f"{answer.count('files')} files",
        findings=gathered((hit.path, hit.offset, hit.source) for hit in answer.hits),
        problems=answer.problems,
    )
