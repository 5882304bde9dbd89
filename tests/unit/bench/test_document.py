"""Tables go into the document between their own markers, and nothing else of it changes."""

from __future__ import annotations

import pytest

from bench.document import FILE, markers, part, replace
from bench.tables import Sheet

SHEET = Sheet("Seconds", ("operation", "empty", "10"), (("first up", "1.0", "9.5"),))
TABLE = "Seconds:\n\n| operation | empty | 10 |\n| --- | ---: | ---: |\n| first up | 1.0 | 9.5 |"


def test_a_sheet_in_a_document() -> None:
    assert part("python -m x", "today, 2 cores", [SHEET]) == f"`python -m x` on today, 2 cores.\n\n{TABLE}"


def test_only_what_stands_between_the_markers_changes() -> None:
    begin, end = markers("bench.peers")
    other = "\n".join(markers("bench.engine"))
    text = f"# Title\n\n{other}\nbefore\n{begin}\nold\n{end}\nafter\n"

    found = replace(text, "bench.peers", "new\n")

    assert found == f"# Title\n\n{other}\nbefore\n{begin}\n\nnew\n\n{end}\nafter\n"
    assert replace(found, "bench.peers", "new") == found


@pytest.mark.parametrize("text", ["", "{begin}\n", "{end}\n{begin}\n", "{begin}{begin}{end}"])
def test_a_document_without_its_markers_is_refused(text: str) -> None:
    begin, end = markers("bench.engine")

    with pytest.raises(ValueError, match="must hold the lines"):
        replace(text.format(begin=begin, end=end), "bench.engine", "new")


@pytest.mark.parametrize("name", ["bench.engine", "bench.peers"])
def test_the_document_has_a_place_for_every_bench(name: str) -> None:
    assert "new tables" in replace(FILE.read_text(), name, "new tables")
