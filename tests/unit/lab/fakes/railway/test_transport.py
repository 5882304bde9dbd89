"""Requests and answers: what is malformed, what is too much, and what goes wrong on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.clock import Clock
from lab.fakes.railway.fake import WORKSPACE
from lab.fakes.railway.faults import Fault, Lost, api_error, gateway_error, no_answer, too_many_requests
from tests.unit.lab.fakes.railway.person import Person, RailwayError

CREATE = "mutation Create($input: ProjectCreateInput!) { projectCreate(input: $input) { id } }"
LIST = "query List { projects { edges { cursor } } }"


@pytest.fixture
def web(fake: FakeRailway) -> Iterator[httpx.Client]:
    """A client of its own address."""
    url = f"{fake.start()}/graphql/v2?source=test"
    headers = {"authorization": f"Bearer {fake.token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=0.5) as client:
        yield client


def post(web: httpx.Client, query: str, **variables: object) -> httpx.Response:
    return web.post("", json={"query": query, "variables": variables})


def create(web: httpx.Client, name: str = "swarm") -> httpx.Response:
    return post(web, CREATE, input={"name": name, "workspaceId": WORKSPACE})


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("query {", {}, "GRAPHQL_PARSE_FAILED"),
        ("query { bogus }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query { project(id: 1) { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        (CREATE, {"input": {"bogus": 1}}, "BAD_USER_INPUT"),
        (CREATE, {}, "BAD_USER_INPUT"),
    ],
)
def test_what_does_not_fit_the_schema_has_status_400(
    fake: FakeRailway, document: str, variables: dict[str, object], code: str
) -> None:
    with pytest.raises(RailwayError) as found:
        Person(fake).ask(document, None, **variables)

    assert (found.value.status, found.value.code) == (400, code)


def test_a_body_that_is_no_request_has_status_400(web: httpx.Client) -> None:
    assert web.post("", content=b"hello").status_code == 400
    assert web.get("").status_code == 404


def test_an_error_has_a_trace_and_a_path(web: httpx.Client) -> None:
    answer = post(web, 'query { project(id: "x") { id } }')

    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error["path"] == ["project"]
    assert error["traceId"]
    assert answer.headers["x-railway-request-id"]
    assert answer.headers["x-stand-in"] == "true"


def test_every_answer_tells_how_many_requests_are_left(fake: FakeRailway, web: httpx.Client) -> None:
    fake.behaviour.requests_per_hour = 2

    left = [post(web, LIST).headers["x-ratelimit-remaining"] for _ in range(2)]
    refused = post(web, LIST)

    assert left == ["1", "0"]
    assert refused.status_code == 429
    assert float(refused.headers["x-ratelimit-reset"]) > fake.clock.now()
    fake.clock.sleep(float(refused.headers["retry-after"]))
    assert post(web, LIST).status_code == 200


def test_the_edge_throttles_what_has_no_query_string(fake: FakeRailway, web: httpx.Client) -> None:
    fake.behaviour.bare_requests_per_second = 2
    bare = httpx.URL(str(web.base_url)).copy_with(query=None)

    statuses = [web.post(bare, json={"query": LIST}).status_code for _ in range(3)]
    page = web.post(bare, json={"query": LIST})

    assert statuses == [200, 200, 429]
    assert "1015" in page.text
    assert "retry-after" not in page.headers
    assert post(web, LIST).status_code == 200
    fake.clock.sleep(1)
    assert web.post(bare, json={"query": LIST}).status_code == 200


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize(("done", "count"), [(True, 1), (False, 0)])
def test_a_page_of_the_edge_may_hide_that_it_happened(
    fake: FakeRailway, web: httpx.Client, status: int, done: bool, count: int
) -> None:
    fake.fail("projectCreate", gateway_error(status, done=done))

    answer = create(web)

    assert answer.status_code == status
    assert len(fake.alive("project")) == count


@pytest.mark.parametrize(
    ("lost", "error"),
    [(Lost.DROPPED, httpx.RemoteProtocolError), (Lost.HANGING, httpx.ReadTimeout)],
)
@pytest.mark.parametrize(("done", "count"), [(True, 1), (False, 0)])
def test_no_answer_may_come_at_all(
    fake: FakeRailway, web: httpx.Client, lost: Lost, error: type[Exception], done: bool, count: int
) -> None:
    fake.fail("Create", no_answer(lost, done=done))

    with pytest.raises(error):
        create(web)

    assert len(fake.alive("project")) == count
    assert post(web, LIST).status_code == 200


@pytest.mark.parametrize(("fault", "wait"), [(too_many_requests(7), "7"), (too_many_requests(None), None)])
def test_a_single_request_too_many(
    fake: FakeRailway, web: httpx.Client, fault: Fault, wait: str | None
) -> None:
    fake.fail("*", fault)

    answer = create(web)

    assert (answer.status_code, answer.headers.get("retry-after")) == (429, wait)
    assert create(web).json()["data"]


def test_a_fault_happens_as_often_and_as_late_as_it_was_ordered(fake: FakeRailway) -> None:
    person = Person(fake)
    fake.fail("List", api_error("Problem processing request"), skip=1, times=2)

    seen = []
    for _ in range(4):
        try:
            person.ask(LIST)
            seen.append("good")
        except RailwayError as error:
            seen.append(error.message)

    assert seen == ["good", "Problem processing request", "Problem processing request", "good"]


def test_after_the_last_change_nothing_is_answered_any_more(fake: FakeRailway) -> None:
    person = Person(fake)
    fake.behaviour.projects_per_window = 0
    fake.crash_after(2)

    person.make("project", name="one")
    person.ask(LIST)
    with person.refused("told to end here"):
        person.make("project", name="two")
    with person.refused("told to end here"):
        person.ask(LIST)

    fake.recover()
    assert [node["name"] for node in fake.alive("project")] == ["one", "two"]
    assert person.ask(LIST)


def test_two_changes_of_an_environment_at_a_time_are_refused(fake: FakeRailway, person: Person) -> None:
    one, two = person.service("one"), person.service("two")
    fake.behaviour.change_seconds = 0.2
    url = fake.start()
    document = (
        "mutation($e: String!, $s: String!, $n: Int!) { serviceInstanceUpdate("
        "environmentId: $e, serviceId: $s, input: {numReplicas: $n}) }"
    )

    def change(service: str, replicas: int = 2) -> bool:
        values = {"e": person.environment, "s": service, "n": replicas}
        body = {"query": document, "variables": values}
        answer = httpx.post(
            f"{url}/graphql/v2?source=test", json=body, headers=person.headers(), trust_env=False
        )
        return "errors" not in answer.json()

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(change, (one, two)))
    after = [change(one), change(two, replicas=0), change(two)]

    assert sorted(together) == [False, True]
    assert after == [True, False, True]


def test_calls_are_logged_in_their_order(fake: FakeRailway, web: httpx.Client) -> None:
    create(web)
    post(web, LIST)

    assert [(call.operation, call.fields, call.change) for call in fake.calls] == [
        ("Create", ("projectCreate",), True),
        ("List", ("projects",), False),
    ]
    assert fake.changes == ["Create"]


def test_it_finds_again_what_it_kept(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with FakeRailway(file=file, token="t") as first:  # noqa: S106 - of this test alone
        person = Person(first).begin()
        service = person.service()
        person.patch({"services": {service: {"variables": {"A": {"value": "1", "isSealed": True}}}}})

    with FakeRailway(file=file, token="t") as second:  # noqa: S106 - as above
        again = Person(second, person.project, person.environment)
        again.wait()
        assert again.variables(service) == {"A": None}
        assert again.service("other") not in {service, person.project, person.environment}
    assert file.stat().st_mode & 0o077 == 0


def test_a_fast_clock_needs_no_sleep() -> None:
    with FakeRailway(clock=Clock(speed=10_000)) as fake:
        person = Person(fake)
        made = person.make("project", name="swarm")["id"]
        deadline = time.monotonic() + 5
        while not person.ask(LIST)["edges"] and time.monotonic() < deadline:
            pass

        assert person.ask(LIST)["edges"] == [{"cursor": made}]


def test_a_mistake_of_its_own_is_no_error_of_the_api() -> None:
    broken = FakeRailway()
    broken.store.add("project", name="half", workspaceId=WORKSPACE)
    Person(broken).ask(LIST)
    body = json.dumps({"query": "query { projects { edges { node { isPublic } } } }"}).encode()
    broken.api.answer(Person(broken).headers(), "source=test", body)

    with pytest.raises(AssertionError, match="the stand-in broke"):
        broken.stop()
