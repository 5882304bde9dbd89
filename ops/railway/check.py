"""All points in their order: what the program relies on at Railway, and nobody there has promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from components.model.cloud import PUBLIC_DOMAIN
from components.railway.answers import REQUEST_IDS
from components.railway.errors import RailwayError, TransientError
from ops.railway import contract, inventory
from ops.railway.probe import Probe
from ops.railway.rows import NotCheckedError, Point, Row
from ops.railway.session import Session, Wanted

Find = Callable[[Point, Session], Row]

_FIRST: Final[Mapping[Point, Find]] = {
    Point("endpoint", "answers in GraphQL"): contract.endpoint,
    Point("token", "opens workspaces, and no person's account"): contract.token,
}
"""Without them nothing else can be asked."""

_REST: Final[Mapping[Point, Find]] = {
    Point("workspace", "aiswarm:railway.workspace_id is one that the token opens"): contract.workspace,
    Point("rate limit", f"headers {', '.join(contract.LIMITS)}"): contract.limit_headers,
    Point("end of the limit", "a time in a form that is understood"): contract.limit_end,
    Point("request id", f"one of {', '.join(REQUEST_IDS)}"): contract.request_id,
    Point("error", "HTTP 200 with message, extensions.code, traceId"): contract.error_form,
    Point("unknown id", "words of 'not found' or 'not authorized'"): contract.unknown_words,
    Point("other kind of token", "words of 'not authorized'"): contract.unauthorized_words,
    Point("request without an argument", "words or code of an invalid request"): contract.refused_words,
    Point("schema", "all that we use, field by field"): contract.schema,
    Point("pages", "a cursor leads to the next one"): inventory.pages,
    Point("regions", "aiswarm:railway.region is among them"): inventory.regions,
    Point("plan", "PRO"): inventory.plan,
    Point("project", "ours, and the environment this stack's"): inventory.project,
    Point("staged changes", "a count"): inventory.staged,
    Point("limits of a service", "containers with cpu and memoryBytes"): inventory.limits,
    Point("sealed variables", "there without a value"): inventory.sealed,
    Point("domains", f"end in {PUBLIC_DOMAIN}"): inventory.domains,
}


def check(probe: Probe, wanted: Wanted) -> list[Row]:
    """Ask for everything, one point after the other; one that fails stops no other."""
    session = Session(probe, wanted)
    first = [_found(probe, point, find, session) for point, find in _FIRST.items()]
    if session.open:
        rest = [_found(probe, point, find, session) for point, find in _REST.items()]
    else:
        rest = [point.not_checked("needs a token that opens workspaces") for point in _REST]
    return first + rest


def _found(probe: Probe, point: Point, find: Find, session: Session) -> Row:
    try:
        row = find(point, session)
    except (NotCheckedError, TransientError) as reason:
        row = point.not_checked(str(reason))
    except RailwayError as error:
        row = point.differs(str(error))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        row = point.differs(f"an answer of another form ({type(error).__name__})")
    return Row(what=row.what, must=row.must, verdict=row.verdict, found=probe.shown(row.found))
