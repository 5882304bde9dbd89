"""What is sent again and what never is."""

from __future__ import annotations

from threading import Thread

import httpx
import pytest

from components.railway import errors
from components.railway.client import RailwayClient
from tests.unit.components.railway.kit import Script, Time, data, error, scripted, served

LOST = [
    httpx.Response(502, text="Bad Gateway"),
    httpx.Response(503),
    httpx.Response(504, text="<html>upstream request timeout</html>"),
    httpx.Response(524, text="error code: 524"),
    httpx.Response(500, json={"errors": [{"message": "Internal Server Error"}]}),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("closed"),
    error("Problem processing request"),
    httpx.Response(200, text="<html>a page</html>"),
]
"""Answers that leave open whether the request was carried out."""


@pytest.mark.parametrize("answer", LOST, ids=str)
def test_what_may_be_done_twice_is_tried_again(answer: httpx.Response | Exception) -> None:
    api, script, time = scripted(answer, data(True))

    assert api.execute("DeleteProject", id="p") is True

    assert script.operations == ["DeleteProject"] * 2
    assert 0 < sum(time.slept) < 5


def test_it_gives_up_in_the_end() -> None:
    api, script, time = scripted(httpx.Response(502))

    with pytest.raises(errors.TransientError, match="HTTP 502"):
        api.execute("Project", id="p")

    assert len(script.requests) == 6
    assert sum(time.slept) < 120


@pytest.mark.parametrize("answer", LOST, ids=str)
def test_a_create_whose_answer_is_lost_is_not_sent_again(answer: httpx.Response | Exception) -> None:
    api, script, _ = scripted(answer, data("unexpected"))

    with pytest.raises(errors.TransientError):
        api.execute_once("CreateProject", input={})

    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "answer", [httpx.Response(429, headers={"retry-after": "7"}), httpx.ConnectError("refused")], ids=str
)
def test_a_create_that_certainly_was_not_done_is_sent_again(answer: httpx.Response | Exception) -> None:
    api, script, _ = scripted(answer, data("made"))

    assert api.execute_once("CreateProject", input={}) == "made"
    assert len(script.requests) == 2


def test_as_long_is_waited_as_railway_asks() -> None:
    api, _, time = scripted(httpx.Response(429, headers={"retry-after": "17"}), data(1))

    api.execute("Project", id="p")

    assert time.slept == [17.0]


def test_the_edge_limits_without_saying_for_how_long() -> None:
    api, _, time = scripted(httpx.Response(429, text="error code: 1015"), data(1))

    api.execute("Project", id="p")

    assert len(time.slept) == 1


def test_a_wait_of_hours_is_an_error() -> None:
    api, script, time = scripted(httpx.Response(429, headers={"retry-after": "3600"}))

    with pytest.raises(errors.TransientError):
        api.execute("Project", id="p")

    assert (len(script.requests), time.slept) == (1, [])


def test_a_quota_of_the_moment_is_waited_for_twice() -> None:
    api, script, time = scripted(error("You are creating projects too quickly"))

    with pytest.raises(errors.QuotaError):
        api.execute_once("CreateProject", input={})

    assert len(script.requests) == 3
    assert time.slept == [31.0, 31.0]


def creating(api: RailwayClient, there: list[str]) -> str:
    """What `create_once` makes of a list of things that a test fills."""
    return api.create_once(
        lambda: there[0] if there else None, lambda: str(api.execute_once("CreateProject", input={}))
    )


def test_what_was_made_although_the_answer_was_lost_is_found() -> None:
    there: list[str] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        there.append("made")
        return httpx.Response(504)

    assert creating(served(answer, Time().clock), there) == "made"
    assert there == ["made"]


def test_it_is_looked_for_as_long_as_it_may_stay_invisible() -> None:
    script, time, looked = Script([httpx.Response(504), data("second")]), Time(), []

    def find() -> str | None:
        looked.append(time.now)
        return "first" if sum(time.slept) > 20 else None

    api = served(script, time.clock)
    made = api.create_once(find, lambda: str(api.execute_once("CreateProject", input={})))

    assert made == "first"
    assert len(script.requests) == 1


def test_only_what_stays_away_is_made_again() -> None:
    api, script, time = scripted(httpx.Response(504), data("second"))

    assert creating(api, []) == "second"
    assert len(script.requests) == 2
    assert sum(time.slept) >= 30


def test_a_name_that_is_taken_by_what_nobody_sees_is_an_error() -> None:
    api, script, _ = scripted(error("A project named x already exists"))

    with pytest.raises(errors.AlreadyExistsError):
        creating(api, [])

    assert len(script.requests) == 1


def test_one_environment_is_changed_by_one_call_at_a_time() -> None:
    busy, most = 0, 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        for _ in range(1000):
            pass
        busy -= 1
        return data(True)

    api = served(answer, Time().clock)
    threads = [
        Thread(target=lambda: api.execute("UpsertVariables", input={"environmentId": "e"})) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


UNAUTHORIZED = error("Not Authorized")


def test_a_projects_token_is_recognised() -> None:
    api, script, _ = scripted(UNAUTHORIZED, UNAUTHORIZED, data({"projectId": "p"}))

    with pytest.raises(errors.NotAuthorizedError) as raised:
        api.execute("Projects", workspaceId="w", after=None)

    assert "RAILWAY_API_TOKEN must be a workspace token" in str(raised.value)
    assert "got a project's token" in str(raised.value)
    assert "authorization" not in script.requests[-1].headers
    assert script.operations == ["Projects", "Workspaces", "ProjectToken"]


def test_a_withdrawn_token_is_recognised() -> None:
    api, _, _ = scripted(UNAUTHORIZED)

    with pytest.raises(errors.NotAuthorizedError, match="got one that opens nothing"):
        api.execute("Projects", workspaceId="w", after=None)


def test_a_token_of_another_workspace_is_recognised() -> None:
    workspaces = httpx.Response(
        200, json={"data": {"apiToken": {"workspaces": [{"id": "w-1", "name": "Other"}]}}}
    )
    api, _, _ = scripted(UNAUTHORIZED, workspaces)

    with pytest.raises(errors.NotAuthorizedError, match=r"the token opens Other \(w-1\)"):
        api.execute("Projects", workspaceId="w", after=None)


def test_a_diagnosis_that_fails_hides_nothing() -> None:
    api, _, _ = scripted(UNAUTHORIZED, httpx.Response(502))

    with pytest.raises(errors.NotAuthorizedError, match=r"railway\.Projects: Not Authorized$"):
        api.execute("Projects", workspaceId="w", after=None)
