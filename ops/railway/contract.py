"""How Railway answers anybody: token, headers, errors and schema."""

from __future__ import annotations

import uuid
from typing import Final

from graphql import build_client_schema
from httpx import Headers, codes

from components.railway import errors
from components.railway.access import KIND
from components.railway.answers import REQUEST_IDS
from components.railway.limits import used_up_until
from ops.railway.probe import INTROSPECTION, Seen
from ops.railway.rows import Point, Row
from ops.railway.schema import EXTRACT, compare, read_schema, used
from ops.railway.session import Session

LIMITS: Final = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_SHOWN_DIFFERENCES: Final = 20
_GONE_OR_HIDDEN = (errors.NotFoundError, errors.NotAuthorizedError)


def endpoint(point: Point, session: Session) -> Row:
    """Whether anything answers at all."""
    where = "this machine" if session.probe.local else "Railway"
    try:
        seen = session.workspaces
    except errors.TransientError as error:
        return point.differs(f"{where}: {error.message}")
    spoken = seen.data is not None or bool(seen.errors)
    return point.judged(f"{where}: HTTP {seen.status}", holds=spoken)


def token(point: Point, session: Session) -> Row:
    """Which of the kinds it is; they open different things, and only one of them is meant."""
    if session.workspaces.error is None:
        person = session.probe.ask("Person")
        if person.error is None:
            return point.differs(f"an account's token, which opens all that a person may; needed is {KIND}")
        return point.ok(f"a workspace token; opens {_count(session)}")
    if session.probe.ask("ProjectToken", as_project=True).error is None:
        return point.differs(f"a project's token, which can create no project; needed is {KIND}")
    return point.differs(
        f"one that opens nothing ({session.workspaces.error.message}): withdrawn, or no token of Railway's; "
        f"needed is {KIND}"
    )


def workspace(point: Point, session: Session) -> Row:
    """Whether the token opens the one that the stack file names."""
    opened = {each["id"]: each["name"] for each in session.workspaces.value["workspaces"]}
    listed = ", ".join(f"{id_} ({name})" for id_, name in sorted(opened.items())) or "none"
    wanted = session.wanted.workspace_id
    if not wanted:
        return point.not_checked(f"not set; the token opens {listed}")
    return point.judged(f"the token opens {listed}", holds=wanted in opened)


def limit_headers(point: Point, session: Session) -> Row:
    """The headers by which the program slows down."""
    headers = session.workspaces.headers
    missing = [name for name in LIMITS if name not in headers]
    if missing:
        return point.differs(f"without {', '.join(missing)}")
    return point.ok(f"{headers[LIMITS[0]]} requests in all")


def limit_end(point: Point, session: Session) -> Row:
    """The form of the end of a limit, of which Railway's manual says nothing."""
    text = session.workspaces.headers.get(LIMITS[2])
    if text is None:
        return point.not_checked("no such header")
    until = used_up_until(Headers({LIMITS[1]: "0", LIMITS[2]: text}), now=0.0)
    if until is None:
        return point.differs("a text that is no time")
    form = "a number" if text.strip().replace(".", "", 1).isdigit() else "a date"
    return point.ok(f"{form}: {'a point in time' if until > 1e9 else 'seconds from now'}")


def request_id(point: Point, session: Session) -> Row:
    """The header that Railway's support asks for."""
    found = [name for name in REQUEST_IDS if name in session.workspaces.headers]
    return point.ok(found[0]) if found else point.differs("none of them")


def error_form(point: Point, session: Session) -> Row:
    """How an error of the API comes."""
    seen = _unknown_project(session)
    first = seen.errors[0] if seen.errors else {}
    extensions = first.get("extensions") or {}
    parts = {
        "message": isinstance(first.get("message"), str),
        "extensions.code": isinstance(extensions.get("code"), str),
        "traceId": bool(first.get("traceId") or extensions.get("traceId")),
    }
    found = ", ".join(name for name, there in parts.items() if there) or "no error"
    return point.judged(
        f"HTTP {seen.status} with {found}", holds=seen.status == codes.OK and all(parts.values())
    )


def unknown_words(point: Point, session: Session) -> Row:
    """What is said of a project that never was."""
    return _words(point, _unknown_project(session), *_GONE_OR_HIDDEN)


def unauthorized_words(point: Point, session: Session) -> Row:
    """What is said to a token of another kind."""
    return _words(point, session.probe.ask("ProjectToken"), errors.NotAuthorizedError)


def refused_words(point: Point, session: Session) -> Row:
    """What is said of a request that can never succeed: one without an argument that it needs."""
    return _words(point, session.probe.ask("Project"), errors.InvalidInputError)


def schema(point: Point, session: Session) -> Row:
    """Railway's own description of itself, where it gives one, beside ours."""
    seen = session.probe.ask(INTROSPECTION)
    if seen.error is not None:
        return point.not_checked(f"Railway does not describe itself: {seen.error.message}")
    found = compare(build_client_schema(seen.data, assume_valid=True), read_schema(EXTRACT), used())
    if not found.problems:
        return point.ok(f"{found.operations} operations, {found.types} types, {found.fields} fields")
    shown = "; ".join(map(str, found.problems[:_SHOWN_DIFFERENCES]))
    more = len(found.problems) - _SHOWN_DIFFERENCES
    return point.differs(f"{shown}{f'; {more} more' if more > 0 else ''}")


def _words(point: Point, seen: Seen, *kinds: type[errors.RailwayError]) -> Row:
    if seen.error is None:
        return point.differs("no error")
    return point.judged(seen.error.message, holds=isinstance(seen.error, kinds))


def _unknown_project(session: Session) -> Seen:
    return session.probe.ask("Project", {"id": str(uuid.uuid4())})


def _count(session: Session) -> str:
    count = len(session.workspaces.value["workspaces"])
    return "1 workspace" if count == 1 else f"{count} workspaces"
