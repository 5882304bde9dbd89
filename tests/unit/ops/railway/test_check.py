"""What the check says of a Railway as it should be, and of each thing that is otherwise; it only asks."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, OperationType, build_schema, parse, validate

from components.railway.access import find_access
from components.railway.operations import operations
from components.railway.transport import Clock
from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import FOREIGN_WORKSPACE, WORKSPACE
from lab.fakes.railway.faults import Fault, api_error, gateway_error
from ops.railway.probe import INTROSPECTION, Probe, questions
from ops.railway.rows import Verdict
from ops.railway.schema import EXTRACT
from ops.railway.session import Wanted
from tests.unit.components.railway.stack import IMAGE, SEALED
from tests.unit.ops.railway.far import THEIRS, WANTED, Change, Far


def test_all_is_well(far: Far) -> None:
    rows = far.rows()

    assert {what: row.found for what, row in rows.items() if row.verdict is not Verdict.OK} == {}


def test_it_sends_queries_that_fit_the_schema_and_nothing_else(far: Far) -> None:
    before = copy.deepcopy(far.fake.store.objects)

    far.rows()
    far.rows(token=far.fake.project_token("p", "e"))

    assert len(far.documents) > 15
    schema = build_schema(EXTRACT.read_text())
    for text in far.documents:
        document = parse(text)
        kinds = [node.operation for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        assert kinds == [OperationType.QUERY]
        assert validate(schema, document) == []
    assert [call.operation for call in far.fake.calls if call.change] == []
    assert far.fake.store.objects == before


def test_no_mutation_can_be_sent(far: Far) -> None:
    changing = {name for name, text in operations().items() if text.startswith("mutation")}
    access = find_access({"RAILWAY_API_TOKEN": far.fake.token})
    probe = Probe(access, clock=Clock(), via=httpx.MockTransport(far))

    assert changing
    assert set(questions()) & changing == set()
    for name in changing:
        with pytest.raises(KeyError):
            probe.ask(name)
    assert far.documents == []


def test_nothing_is_shown_that_is_nobodys_business(far: Far) -> None:
    far.fake.fail("Regions", api_error(f"{far.fake.token} of {THEIRS[1]}: no"))

    rows = far.rows()
    shown = repr(rows)

    assert "*** of (an e-mail address): no" in rows["regions"].found
    for secret in (far.fake.token, *THEIRS, *SEALED["sealed"].values(), "cache", IMAGE):
        assert secret not in shown
    assert rows["project"].found == "swarm: production belongs to prod; 1 more in the workspace"


def _project_token(fake: FakeRailway) -> str:
    (environment,) = fake.alive("environment")
    return fake.project_token(environment["projectId"], environment["id"])


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda fake: fake.person_token(), "an account's token"),
        (_project_token, "a project's token"),
        (lambda _: "withdrawn", "one that opens nothing (Not Authorized)"),
    ],
)
def test_the_kind_of_a_token_is_told_with_the_kind_that_is_needed(
    far: Far, make: Callable[[FakeRailway], str], found: str
) -> None:
    rows = far.rows(token=make(far.fake))

    assert rows["token"].verdict is Verdict.DIFFERS
    assert rows["token"].found.startswith(found)
    assert rows["token"].found.endswith("needed is a workspace token (workspace settings, Tokens)")
    opens = found.startswith("an account")
    assert (rows["schema"].verdict is Verdict.OK) is opens


def of(row: str, verdict: Verdict, words: str) -> tuple[str, Verdict, str]:
    return row, verdict, words


FAULTS: dict[str, tuple[str, Fault, tuple[str, Verdict, str]]] = {
    "closed introspection": (
        INTROSPECTION,
        Fault(status=400, message="introspection is not allowed"),
        of("schema", Verdict.NOT_CHECKED, "Railway does not describe itself: introspection is not allowed"),
    ),
    "plan that may not be read": (
        "Plan",
        api_error("Not Authorized"),
        of("plan", Verdict.NOT_CHECKED, "the token may not read it"),
    ),
    "other words for what is not there": (
        "Project",
        api_error("No such thing"),
        of("unknown id", Verdict.DIFFERS, "No such thing"),
    ),
    "another status for an error": (
        "Project",
        Fault(status=404, message="Project not found"),
        of("error", Verdict.DIFFERS, "HTTP 404"),
    ),
    "a gateway in between": (
        "Regions",
        gateway_error(502, done=False),
        of("regions", Verdict.NOT_CHECKED, "HTTP 502"),
    ),
    "nobody answers": (
        "Workspaces",
        gateway_error(503, done=False),
        of("endpoint", Verdict.DIFFERS, "HTTP 503"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_railway_says_otherwise_is_told(far: Far, name: str) -> None:
    operation, fault, (row, verdict, words) = FAULTS[name]
    far.fake.fail(operation, fault, times=3)

    found = far.rows()[row]

    assert found.verdict is verdict
    assert words in found.found


def replaced(**changed: Any) -> Change:  # noqa: ANN401 - JSON
    """Other values of fields, wherever they are in an answer."""

    def walk(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return {key: changed.get(key, walk(each)) for key, each in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else value

    def change(response: httpx.Response) -> httpx.Response:
        body = json.dumps(walk(response.json()))
        return httpx.Response(response.status_code, content=body, headers=response.headers)

    return change


def without(*names: str) -> Change:
    """An answer without some headers."""

    def change(response: httpx.Response) -> httpx.Response:
        for name in names:
            response.headers.pop(name, None)
        return response

    return change


ANSWERS: dict[str, tuple[Change, tuple[str, Verdict, str]]] = {
    "no limit": (
        without("x-ratelimit-remaining"),
        of("rate limit", Verdict.DIFFERS, "without x-ratelimit-remaining"),
    ),
    "no end of the limit": (
        without("x-ratelimit-reset"),
        of("end of the limit", Verdict.NOT_CHECKED, "no such header"),
    ),
    "no id": (without("x-railway-request-id"), of("request id", Verdict.DIFFERS, "none of them")),
    "no trace": (replaced(traceId=None), of("error", Verdict.DIFFERS, "message, extensions.code")),
    "no further page": (replaced(hasNextPage=False), of("pages", Verdict.NOT_CHECKED, "no second page")),
    "a cursor to nowhere": (replaced(endCursor=None), of("pages", Verdict.DIFFERS, "does not go on")),
    "other regions": (replaced(regions=[{"name": "moon"}]), of("regions", Verdict.DIFFERS, "moon")),
    "another plan": (replaced(plan="HOBBY"), of("plan", Verdict.DIFFERS, "HOBBY; its limits: not told")),
    "limits of another form": (
        replaced(serviceInstanceLimitOverride={"cpu": 1}),
        of("limits of a service", Verdict.DIFFERS, "0 of 1 are"),
    ),
    "readable secrets": (
        replaced(PASSWORD="sesame"),  # noqa: S106 - a test's own
        of("sealed variables", Verdict.DIFFERS, "0 of 4 variables"),
    ),
    "other domains": (
        replaced(domain="aiswarm-router.example"),
        of("domains", Verdict.DIFFERS, "aiswarm-router.example"),
    ),
    "a description that is gone": (
        replaced(description=None),
        of("project", Verdict.DIFFERS, "swarm without 'managed by aiswarm' in its description"),
    ),
    "staged changes in words": (
        replaced(unmergedChangesCount="some"),
        of("staged changes", Verdict.DIFFERS, "some staged changes"),
    ),
    "a list of another form": (
        replaced(pageInfo=None),
        of("pages", Verdict.DIFFERS, "an answer of another form"),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_comes_in_another_form_is_told(far: Far, name: str) -> None:
    far.change, (row, verdict, words) = ANSWERS[name]

    found = far.rows()[row]

    assert found.verdict is verdict, found
    assert words in found.found


def test_what_went_out_of_the_schema_is_told(far: Far) -> None:
    def rename(response: httpx.Response) -> httpx.Response:
        text = response.text.replace('"unmergedChangesCount", "args"', '"stagedChanges", "args"')
        return httpx.Response(response.status_code, content=text, headers=response.headers)

    far.change = rename

    found = far.rows()["schema"]

    assert found.verdict is Verdict.DIFFERS
    assert "Environment.unmergedChangesCount: must be a field of the type" in found.found


@pytest.mark.parametrize(
    ("change", "row", "verdict", "words"),
    [
        ({"workspace_id": ""}, "workspace", Verdict.NOT_CHECKED, f"the token opens {WORKSPACE} (swarm)"),
        ({"workspace_id": FOREIGN_WORKSPACE}, "workspace", Verdict.DIFFERS, f"opens {WORKSPACE} (swarm)"),
        ({"workspace_id": ""}, "project", Verdict.NOT_CHECKED, "needs a workspace"),
        ({"project": "later"}, "project", Verdict.NOT_CHECKED, "later is not there yet; 2 more"),
        ({"project": "later"}, "domains", Verdict.NOT_CHECKED, "needs a project of ours"),
        ({"project": "garden-shop"}, "project", Verdict.DIFFERS, "without 'managed by aiswarm'"),
        ({"stack": "other"}, "project", Verdict.DIFFERS, "production belongs to prod"),
        ({"environment": "staging"}, "sealed variables", Verdict.NOT_CHECKED, "needs an environment staging"),
    ],
)
def test_a_stack_that_fits_not_is_told(
    far: Far, change: dict[str, str], row: str, verdict: Verdict, words: str
) -> None:
    declared = {name: getattr(WANTED, name) for name in WANTED.__slots__} | change

    found = far.rows(wanted=Wanted(**declared))[row]

    assert found.verdict is verdict
    assert words in found.found
