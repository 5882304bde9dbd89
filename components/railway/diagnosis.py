"""Why Railway says "Not Authorized": of a wrong kind of token it says no more than that."""

from __future__ import annotations

from components.railway.access import KIND, TOKEN_VARIABLE
from components.railway.errors import NotAuthorizedError, RailwayError
from components.railway.transport import Transport


def explained(error: NotAuthorizedError, transport: Transport) -> NotAuthorizedError:
    """The error with what the token turns out to be."""
    try:
        found = _what_it_is(transport)
    except RailwayError:
        return error
    return NotAuthorizedError(error.operation, f"{error.message}; {found}", trace=error.trace)


def _what_it_is(transport: Transport) -> str:
    try:
        context = transport.send("Workspaces", {})["apiToken"]
    except NotAuthorizedError:
        return f"{TOKEN_VARIABLE} must be {KIND}, got {_other_kind(transport)}"
    opened = ", ".join(f"{workspace['name']} ({workspace['id']})" for workspace in context["workspaces"])
    return (
        f"the token opens {opened or 'no workspace'}: the thing is in another one, or there is no such thing"
    )


def _other_kind(transport: Transport) -> str:
    try:
        transport.send("ProjectToken", {}, as_project=True)
    except NotAuthorizedError:
        return "one that opens nothing: withdrawn, or no token of Railway's"
    return "a project's token, which can neither create projects nor see others"
