"""Every operation fits the part of Railway's schema that is written down, and every one of them is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_schema, parse, specified_rules, validate

from components import railway
from components.railway.operations import operations

FOLDER = Path(railway.__file__).parent


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((FOLDER / "schema.graphql").read_text())


@pytest.mark.parametrize("name", operations())
def test_an_operation_fits_the_schema(schema: GraphQLSchema, name: str) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]

    assert [error.message for error in validate(schema, parse(operations()[name]), rules)] == []


@pytest.mark.parametrize("name", operations())
def test_an_operation_asks_for_one_thing(name: str) -> None:
    (definition,) = parse(operations()[name]).definitions

    assert len(definition.selection_set.selections) == 1  # type: ignore[attr-defined]  # an operation has one


def test_every_operation_is_used_and_every_used_one_is_there() -> None:
    code = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    used = set(
        re.findall(r'(?:execute|execute_once|send|reads\.delete)\(\s*(?:api, |self\._api, )?"(\w+)"', code)
    )
    by_name = {'_log("BuildLogs"', '_log("DeploymentLogs"'}
    used |= {name.split('"')[1] for name in by_name if name in code}

    assert used == set(operations())
