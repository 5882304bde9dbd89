"""What an answer means. Nearly all errors come as HTTP 200 with one code, so their words have to be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from components.railway.errors import (
    AlreadyExistsError,
    InvalidInputError,
    NotAuthorizedError,
    NotFoundError,
    QuotaError,
    RailwayError,
    TransientError,
)
from components.railway.limits import retry_after
from components.railway.masks import Masks

REQUEST_IDS = ("x-railway-request-id", "x-request-id", "cf-ray")
"""Headers that name a request, the best first."""


_KINDS: tuple[tuple[re.Pattern[str], type[RailwayError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"problem processing request|please try again|timed? ?out", TransientError),
        (r"not authorized|unauthorized|two factor authentication required", NotAuthorizedError),
        (r"already exists|already in use|already taken", AlreadyExistsError),
        (r"not found", NotFoundError),
        (r"too quickly|whoa there|too many", QuotaError),
        (r"^invalid|validation|cannot redeploy without snapshot", InvalidInputError),
        (r"\blimit\b", QuotaError),
    )
)
"""In the order in which they are tried; words as seen at the public API by other tools."""

_INVALID_CODES = {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"}


def read_answer(operation: str, response: httpx.Response, masks: Masks) -> dict[str, Any]:
    """The data of an answer.

    Raises:
        RailwayError: It has none; the kind says why.
    """
    document = _document(response)
    errors = document.get("errors") or []
    trace = _trace(response, errors)
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TransientError(
            operation,
            "too many requests",
            trace=trace,
            happened=False,
            retry_after=retry_after(response.headers),
        )
    if errors:
        error = _error(operation, errors, trace, masks)
        if response.is_server_error and type(error) is RailwayError:
            raise TransientError(operation, error.message, trace=trace)
        raise error
    if response.is_server_error:
        raise TransientError(operation, f"HTTP {response.status_code}", trace=trace)
    if response.status_code in {401, 403}:
        raise NotAuthorizedError(operation, f"HTTP {response.status_code}", trace=trace)
    data = document.get("data")
    if response.status_code != httpx.codes.OK:
        raise RailwayError(operation, f"HTTP {response.status_code}", trace=trace)
    if not isinstance(data, dict):
        # A page of something between Railway and us; whether the request went through it does not say.
        raise TransientError(operation, "the answer must be GraphQL data, got something else", trace=trace)
    return data


def _document(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _error(operation: str, errors: list[Any], trace: str, masks: Masks) -> RailwayError:
    message = "; ".join(str(error.get("message", "no message")) for error in errors)
    shown = masks.hide(message)
    codes = {(error.get("extensions") or {}).get("code") for error in errors}
    if codes & _INVALID_CODES:
        return InvalidInputError(operation, shown, trace=trace)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(message)), RailwayError)
    return kind(operation, shown, trace=trace)


def _trace(response: httpx.Response, errors: list[Any]) -> str:
    request = next((response.headers[name] for name in REQUEST_IDS if name in response.headers), "")
    trace = next(
        (
            found
            for error in errors
            if (found := error.get("traceId") or (error.get("extensions") or {}).get("traceId"))
        ),
        "",
    )
    named = {"request": request, "trace": trace}
    return ", ".join(f"{name} {value}" for name, value in named.items() if value)
