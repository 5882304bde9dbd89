"""What an answer means, what is sent, and how limits are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from components.railway import errors
from tests.unit.components.railway.kit import START, Time, data, error, scripted

WORDS = {
    "Project not found": errors.NotFoundError,
    "ServiceInstance not found": errors.NotFoundError,
    "Not Authorized": errors.NotAuthorizedError,
    "Two Factor Authentication Required": errors.NotAuthorizedError,
    "A service named redis already exists in this project": errors.AlreadyExistsError,
    "Volume name already exists": errors.AlreadyExistsError,
    "You are creating volumes too quickly": errors.QuotaError,
    "Whoa there pal! You have to wait": errors.QuotaError,
    "service creation limit for new accounts (25 services per day)": errors.QuotaError,
    "Problem processing request": errors.TransientError,
    "Failed to create service domain, please try again": errors.TransientError,
    "Invalid input": errors.InvalidInputError,
    "Cannot redeploy without snapshot": errors.InvalidInputError,
    "Something else": errors.RailwayError,
}


@pytest.mark.parametrize(("message", "kind"), WORDS.items())
def test_the_words_of_an_error_decide_its_kind(message: str, kind: type[errors.RailwayError]) -> None:
    api, _, _ = scripted(error(message))

    with pytest.raises(errors.RailwayError, match=r"railway\.Project: ") as raised:
        api.execute("Project", id="p")

    assert type(raised.value) is kind


def test_an_error_names_the_ids_that_support_asks_for() -> None:
    answer = error("Project not found", traceId="t-1")
    answer.headers["x-railway-request-id"] = "r-1"
    api, _, _ = scripted(answer)

    with pytest.raises(errors.NotFoundError) as raised:
        api.execute("Project", id="p")

    assert str(raised.value) == "railway.Project: Project not found (request r-1, trace t-1)"


def test_a_document_that_railway_refuses_is_not_sent_again() -> None:
    refusal = {"message": "Cannot query field", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
    api, script, _ = scripted(httpx.Response(400, json={"errors": [refusal]}))

    with pytest.raises(errors.InvalidInputError):
        api.execute("Project", id="p")

    assert len(script.requests) == 1


def test_one_operation_is_sent_with_name_token_and_query_string() -> None:
    api, script, _ = scripted(data({"id": "p"}))

    assert api.execute("Project", id="p") == {"id": "p"}

    (request,) = script.requests
    body = json.loads(request.content)
    assert body["operationName"] == "Project"
    assert body["query"].startswith("query Project(")
    assert body["query"].count("query ") == 1
    assert body["variables"] == {"id": "p"}
    assert request.url.query == b"source=aiswarm"
    assert request.headers["authorization"].startswith("Bearer ")
    assert "project-access-token" not in request.headers


@pytest.mark.parametrize(
    "reset",
    ["60", str(START + 60), "2026-09-21T14:14:20Z", format_datetime(datetime.fromtimestamp(START + 60, UTC))],
)
def test_a_used_up_limit_is_waited_for(reset: str) -> None:
    time = Time(now=datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC).timestamp())
    assert time.now == START
    used_up = data(1, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})
    api, _, _ = scripted(used_up, data(2), time=time)

    api.execute("Project", id="p")
    assert time.slept == []
    api.execute("Project", id="p")

    assert time.slept == [60.0]


def test_requests_that_are_left_are_not_waited_for() -> None:
    api, _, time = scripted(data(1, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "60"}))

    api.execute("Project", id="p")
    api.execute("Project", id="p")

    assert time.slept == []


def test_nobody_waits_for_hours() -> None:
    api, script, time = scripted(data(1, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}))

    api.execute("Project", id="p")
    with pytest.raises(errors.TransientError, match="used up for another 3600 s"):
        api.execute("Project", id="p")

    assert (len(script.requests), time.slept) == (1, [])


def test_a_secret_in_an_answer_is_not_shown() -> None:
    api, _, _ = scripted(error("Invalid value sesame-open for PASSWORD"))
    api.masks.add(["sesame-open"])

    with pytest.raises(errors.InvalidInputError) as raised:
        api.execute("Project", id="p")

    assert str(raised.value) == "railway.Project: Invalid value *** for PASSWORD"
