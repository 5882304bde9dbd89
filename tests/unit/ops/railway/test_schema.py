"""Whether a full schema still holds what we use: every difference is told by its path."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema
from typer.testing import CliRunner

from ops import cli
from ops.errors import SwarmError
from ops.railway.schema import EXTRACT, OPERATIONS, compare, read_schema

FULL = """
scalar Json
enum Status { GOOD BAD }
input Wish { name: String! note: String }
type Thing { id: ID! status: Status! size(unit: String): Int old: Int @deprecated(reason: "gone") }
type Query { thing(id: ID!): Thing! }
type Mutation { make(input: Wish!): Thing! }
"""
OURS = """
enum Status { GOOD BAD }
input Wish { name: String! }
type Thing { id: ID! status: Status! size(unit: String): Int }
type Query { thing(id: ID!): Thing! }
type Mutation { make(input: Wish!): Thing! }
"""
USED = (
    "query One($id: ID!) { thing(id: $id) { id status } } mutation Two($w: Wish!) { make(input: $w) { id } }"
)


def differences(full: str = FULL, ours: str = OURS, used: str = USED) -> list[str]:
    return [str(problem) for problem in compare(build_schema(full), build_schema(ours), used).problems]


def test_an_extract_agrees_with_what_it_is_from() -> None:
    assert differences() == []
    found = compare(build_schema(FULL), build_schema(OURS), USED)
    assert found.operations == 2
    assert found.fields == 6


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type Thing { id: ID!", "type Thing { id: String!", "Thing.id: must have type ID!, got String!"),
        ("size(unit: String): Int ", "", "Thing.size: must be a field of the type"),
        ("size(unit: String)", "size(unit: Int)", "Thing.size(unit): must have type String, got Int"),
        ("size(unit: String)", "size", "Thing.size(unit): must be an argument of the field"),
        (
            "thing(id: ID!)",
            "thing(id: ID!, at: Int!)",
            "Query.thing(at): must be in the extract: it is required",
        ),
        (
            "note: String }",
            "note: String! }",
            "Wish.note: must be in the extract: it is required, got absent",
        ),
        ("GOOD BAD", "GOOD", "Status.BAD: must be a value of the enum"),
        ("GOOD BAD", "GOOD BAD UGLY", "Status.UGLY: must be in the extract, too"),
        ("enum Status { GOOD BAD }", "scalar Status", "Status: must be of kind enum, got scalar"),
    ],
)
def test_what_changed_is_told(old: str, new: str, expected: str) -> None:
    assert old in FULL
    found = differences(full=FULL.replace(old, new))
    assert any(line.startswith(expected) for line in found), found


def test_a_type_that_went_is_told() -> None:
    assert "Extra: must be a type of the schema" in differences(ours=f"{OURS} type Extra {{ id: ID! }}")


def test_an_operation_that_no_longer_fits_is_told() -> None:
    (found,) = differences(used="query One($id: ID!) { thing(id: $id) { colour } }")
    assert found.startswith("operations: Cannot query field 'colour'")
    (found,) = differences(used="query One($id: ID!) { thing(id: $id) { old } }")
    assert "deprecated" in found


def test_our_own_operations_fit_our_own_extract() -> None:
    extract = read_schema(EXTRACT)
    found = compare(extract, extract, OPERATIONS.read_text(encoding="utf-8"))
    assert found.problems == ()
    assert found.operations > 20


def test_the_command_says_what_it_compared(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli.app, ["railway", "check-schema", str(EXTRACT)])
    assert answer.exit_code == 0
    assert "0 differences" in answer.output
    other = tmp_path / "other.graphql"
    other.write_text(FULL)
    answer = CliRunner().invoke(cli.app, ["railway", "check-schema", str(other), "--json"])
    assert answer.exit_code == 1


def test_what_is_no_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "no.graphql"
    file.write_text("not a schema {")
    with pytest.raises(SwarmError, match="must be a schema in GraphQL's language"):
        read_schema(file)
