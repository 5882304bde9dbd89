"""What is in the workspace, as far as the program relies on its form; nobody else's names and no values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.model.cloud import PUBLIC_DOMAIN
from components.railway import errors
from components.railway.marks import SEALED_VERSION
from components.railway.owners import MARK, owners
from ops.railway.rows import NotCheckedError, Point, Row
from ops.railway.session import Session


def plan(point: Point, session: Session) -> Row:
    """The plan, whose limits the sizes of services have to fit."""
    try:
        found = session.probe.ask("Plan", {"workspaceId": session.workspace_id}).value
    except errors.NotAuthorizedError as error:
        return point.not_checked(f"the token may not read it: {error.message}")
    limits = found["subscriptionPlanLimit"]
    told = ", ".join(sorted(limits)) if isinstance(limits, Mapping) and limits else "not told"
    return point.judged(f"{found['plan']}; its limits: {told}", holds=found["plan"] == "PRO")


def regions(point: Point, session: Session) -> Row:
    """The declared region among those that there are."""
    there = sorted(str(node["name"]) for node in session.probe.ask("Regions").value)
    return point.judged(", ".join(there) or "none", holds=session.wanted.region in there)


def pages(point: Point, session: Session) -> Row:
    """Whether a list can be read page by page, as the search for a project by its name does."""
    ids = {"workspaceId": session.workspace_id}
    first = session.probe.ask("ProjectPage", {**ids, "first": 1, "after": None}).value
    (begin, more) = (_page(first), first["pageInfo"]["hasNextPage"])
    if len(begin) > 1 or not isinstance(more, bool):
        return point.differs(f"{len(begin)} projects on a page of one")
    if not more:
        return point.not_checked(f"no second page of one each; {len(session.projects)} in the workspace")
    second = session.probe.ask(
        "ProjectPage", {**ids, "first": 1, "after": first["pageInfo"]["endCursor"]}
    ).value
    moved = len(_page(second)) == 1 and _page(second) != begin
    return point.judged("the second page goes on" if moved else "the second page does not go on", holds=moved)


def project(point: Point, session: Session) -> Row:
    """Whether the declared project is there and ours; of others only how many there are."""
    named, wanted = session.named, session.wanted
    others = f"{len(session.projects) - len(named)} more in the workspace"
    if not named:
        return point.not_checked(f"{wanted.project} is not there yet; {others}")
    if len(named) > 1:
        return point.differs(f"{wanted.project} is there {len(named)} times; {others}")
    held = owners(named[0]["description"])
    if held is None:
        return point.differs(f"{wanted.project} without {MARK!r} in its description; {others}")
    owner = held.get(wanted.environment, "nobody")
    return point.judged(
        f"{wanted.project}: {wanted.environment} belongs to {owner}; {others}",
        holds=owner in {wanted.stack, "nobody"},
    )


def staged(point: Point, session: Session) -> Row:
    """Whether changes that somebody has staged can be counted: a patch would deploy them, too."""
    ids = {"id": session.environment_id, "projectId": str(session.project["id"])}
    found = session.probe.ask("Environment", ids).value["unmergedChangesCount"]
    return point.judged(f"{found} staged changes", holds=found is None or isinstance(found, int))


def limits(point: Point, session: Session) -> Row:
    """The untyped form of what a service may use at most."""
    seen = [_asked(session, "ServiceLimits", service) for service in session.services]
    given = [found for found in seen if found is not None]
    if not given:
        raise NotCheckedError("needs a service with a limit")
    strange = [found for found in given if not _is_limit(found)]
    return point.judged(f"{len(given) - len(strange)} of {len(given)} are", holds=not strange)


def sealed(point: Point, session: Session) -> Row:
    """Whether sealed values stay unread. Values are counted here and go no further."""
    seen = [session.probe.ask("Variables", service).value for service in session.services]
    marked = [found for found in seen if found.get(SEALED_VERSION)]
    if not marked:
        raise NotCheckedError("needs a service with sealed variables")
    secret = [sum(value is None for value in found.values()) for found in marked]
    return point.judged(f"{sum(secret)} of {sum(map(len, marked))} variables", holds=all(secret))


def domains(point: Point, session: Session) -> Row:
    """Where the domains of our services end."""
    seen = [session.probe.ask("Domains", service).value for service in session.services]
    found = [str(node["domain"]) for each in seen for node in each["serviceDomains"] if not node["deletedAt"]]
    if not found:
        raise NotCheckedError("needs a service with a domain")
    return point.judged(
        ", ".join(sorted(found)), holds=all(name.endswith(f".{PUBLIC_DOMAIN}") for name in found)
    )


def _page(connection: Mapping[str, Any]) -> list[str]:
    return [str(edge["node"]["id"]) for edge in connection["edges"]]


def _asked(session: Session, name: str, service: Mapping[str, str]) -> Any:  # noqa: ANN401 - untyped at Railway
    ids = {key: service[key] for key in ("environmentId", "serviceId")}
    return session.probe.ask(name, ids).value


def _is_limit(found: object) -> bool:
    containers = found.get("containers") if isinstance(found, Mapping) else None
    if not isinstance(containers, Mapping):
        return False
    return all(isinstance(containers.get(key), int | float) for key in ("cpu", "memoryBytes"))
