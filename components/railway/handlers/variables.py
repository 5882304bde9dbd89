"""Variables of a service: those anybody in the project may read, and sealed ones that nobody ever can.

Only names that were declared are managed; others are left alone. A value that somebody gave a sealed variable
in the dashboard cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from components.model.cloud_variables import flaw_of_variable
from components.railway import marks, reads
from components.railway.client import RailwayClient
from components.railway.errors import RefusedError
from components.railway.patches import commit_patch
from components.railway.values import Failure, Made, Props, Unknown, required

INPUTS = ("project_id", "environment_id", "service_id", "variables", "sealed", "sealed_version")
REPLACES = ("project_id", "environment_id", "service_id")


def check(news: Props) -> list[Failure]:
    """See `Handler`. Values are never named."""
    plain, sealed = _names(news, "variables"), _names(news, "sealed")
    failures = required(news, ("project_id", "environment_id", "service_id"))
    for key, names in (("variables", plain), ("sealed", sealed)):
        flaws = {name: flaw for name in names if (flaw := flaw_of_variable(name))}
        failures += [Failure(f"{key}.{name}", flaw) for name, flaw in flaws.items()]
    failures += [Failure(f"sealed.{name}", "must not be readable, too") for name in plain & sealed]
    if sealed and not news.get("sealed_version"):
        failures.append(Failure("sealed_version", "must be there beside sealed variables"))
    return failures


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`."""
    _write(api, news, removed=())
    return Made(f"{news['environment_id']}/{news['service_id']}", _outs(api, news))


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`. A sealed value is the one that was written last, as long as its name is sealed there."""
    del id_
    if reads.instance(api, str(outs["environment_id"]), str(outs["service_id"])) is None:
        return None
    live = marks.variables(api, outs)
    plain, sealed = outs.get("variables") or {}, outs.get("sealed") or {}
    return {
        **outs,
        "variables": {name: live[name] for name in plain if live.get(name) is not None},
        "sealed": {name: value for name, value in sealed.items() if name in live and live[name] is None},
        "sealed_version": live.get(marks.SEALED_VERSION) or "" if sealed else outs.get("sealed_version", ""),
    }


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    del id_
    before = _names(olds, "variables") | _names(olds, "sealed")
    _write(api, news, removed=before - _names(news, "variables") - _names(news, "sealed"))
    return _outs(api, news)


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """Delete the declared names and our own marks, at once and without a deployment where that is possible.

    Writing all that shall stay deletes the rest; but a sealed variable that is not ours could not be written.
    """
    del id_
    if reads.instance(api, str(outs["environment_id"]), str(outs["service_id"])) is None:
        return
    with api.changing(str(outs["environment_id"])):
        live = marks.variables(api, outs)
        own = _names(outs, "variables") | _names(outs, "sealed") | {marks.SEALED_VERSION, marks.DEPLOYED}
        left = {name: value for name, value in live.items() if name not in own}
        if len(left) == len(live):
            return
        if None in left.values():
            _delete(api, outs, sorted(own & set(live)))
        else:
            marks.upsert(api, outs, left, replace=True)


def _write(api: RailwayClient, news: Props, removed: Iterable[str]) -> None:
    """Bring the variables to what is declared, with as few calls as it takes; none if they are."""
    with api.changing(str(news["environment_id"])):
        live = marks.variables(api, news)
        plain, sealed = dict(news.get("variables") or {}), dict(news.get("sealed") or {})
        unsealed = [name for name in plain if name in live and live[name] is None]
        gone = [*unsealed, *(name for name in sorted(removed) if name in live)]
        changed = {name: value for name, value in plain.items() if live.get(name) != value}
        resealed = _to_seal(live, sealed, str(news.get("sealed_version", "")))
        if not (gone or changed or resealed):
            return
        if live.get(marks.DEPLOYED) and not resealed:
            changed[marks.DEPLOYED] = ""
        if resealed:
            _seal(api, news, sealed)
        _delete(api, news, unsealed)
        if changed:
            marks.upsert(api, news, changed)
        _delete(api, news, [name for name in gone if name not in unsealed])


def _to_seal(live: Props, sealed: Props, version: str) -> bool:
    """Whether any sealed value is missing, readable or another one than was written last."""
    if not sealed:
        return False
    known = all(name in live and live[name] is None for name in sealed)
    return not known or live.get(marks.SEALED_VERSION) != version


def _seal(api: RailwayClient, news: Props, sealed: dict[str, str]) -> None:
    """Write all sealed values and their digest in one change, and see that they are sealed.

    Raises:
        RefusedError: Railway did not do it.
    """
    api.masks.add(sealed.values())
    # An empty mark first, in the same change: what runs has other values from now on.
    own = {marks.SEALED_VERSION: {"value": news["sealed_version"]}, marks.DEPLOYED: {"value": ""}}
    values = {name: {"value": value, "isSealed": True} for name, value in sealed.items()}
    commit_patch(
        api,
        project_id=str(news["project_id"]),
        environment_id=str(news["environment_id"]),
        patch={"services": {str(news["service_id"]): {"variables": {**values, **own}}}},
        message="sealed variables",
    )

    def done() -> bool | None:
        live = marks.variables(api, news)
        return None if _to_seal(live, sealed, str(news["sealed_version"])) else True

    if api.poll(done, 30) is None:
        names = ", ".join(sorted(sealed))
        raise RefusedError("variables", f"{names} must be sealed after they were written, got them otherwise")


def _delete(api: RailwayClient, props: Props, names: Iterable[str]) -> None:
    for name in names:
        reads.delete(api, "DeleteVariable", input={**marks.ids(props), "name": name})


def _outs(api: RailwayClient, news: Props) -> dict[str, Any]:
    return {**news, "written_at": marks.written_at(api)}


def _names(props: Props, key: str) -> set[str]:
    given = props.get(key) or {}
    return set() if isinstance(given, Unknown) else set(given)
