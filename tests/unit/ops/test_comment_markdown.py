"""What others wrote is shown and does nothing, by a parser of the forge's kind."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ops.comment.markdown import BLOCK_LINES, CELL_CHARACTERS, Table, block, code, codes, count

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NASTY = [
    "|",
    "`",
    "\\",
    "<b>",
    "</code>",
    "@somebody",
    "#1",
    "_x_",
    "**y**",
    "[a](http://b)",
    "~~z~~",
    "&lt;",
]
TEXTS = st.lists(st.one_of(st.sampled_from([*NASTY, "\n", " ", "\u202e"]), st.text(max_size=5))).map("".join)


def cells(markdown: str) -> list[str]:
    """HTML of the cells of the body's first row."""
    body = PARSER.render(markdown).partition("<tbody>")[2]
    return re.findall(r"<td[^>]*>(.*?)</td>", body, re.DOTALL)


@settings(deadline=None)
@given(text=TEXTS)
def test_a_text_in_a_table_is_one_cell_that_shows_exactly_it(text: str) -> None:
    found = cells(Table(("a", "b", "c"), [("x", code(text), "y")]).render(None))

    assert len(found) == 3
    shown = re.fullmatch(r"(?:<code>([^<>]*)</code>)?", found[1])
    assert shown is not None
    marks = "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
    expected = " ".join(re.sub(marks, " ", text).split())
    assert html.unescape(shown[1] or "") == expected


@pytest.mark.parametrize("text", ["@somebody", "http://bad.example", "www.bad.example", "a@b.example", "$x$"])
def test_no_mention_no_link_and_no_formula_is_left_in_the_source(text: str) -> None:
    assert text not in code(text)
    assert text not in codes([text])


def test_a_long_text_is_cut_visibly() -> None:
    assert code("x" * 1000) == f"<code>{'x' * (CELL_CHARACTERS - 1)}…</code>"


@settings(deadline=None)
@given(text=TEXTS)
def test_a_block_ends_where_it_was_meant_to_end(text: str) -> None:
    assert PARSER.render(f"{block(text)}\n\nbehind").endswith("</pre>\n<p>behind</p>\n")


def test_a_block_counts_the_lines_that_it_leaves_out() -> None:
    assert f"line {BLOCK_LINES - 1}\n… and 3 lines more\n" in block(
        "\n".join(f"line {number}" for number in range(BLOCK_LINES + 3))
    )


def test_a_cut_table_says_how_much_is_missing() -> None:
    table = Table(("a",), [("1",), ("2",), ("3",)])

    assert table.render(1).endswith("| 1 |\n\n… and 2 more.")
    assert table.render(3) == table.render(None)


def test_a_folded_table_is_still_read_as_one() -> None:
    found = PARSER.render(Table(("a",), [("1",)], folded="all").render(None))

    assert "<summary>all</summary>" in found
    assert "<td>1</td>" in found


def test_one_of_a_kind() -> None:
    assert [count(number, "volume") for number in (0, 1, 2)] == ["0 volumes", "1 volume", "2 volumes"]
