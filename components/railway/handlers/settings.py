"""What a service runs and how, in one environment. Nothing here deploys: that is the deployment's alone."""

from __future__ import annotations

from typing import Any

from components.railway import marks, reads
from components.railway.client import SETTLE_SECONDS, RailwayClient
from components.railway.errors import InvalidInputError, RefusedError
from components.railway.patches import commit_patch
from components.railway.values import Failure, Made, Props, Unknown, required

INPUTS = (
    "project_id",
    "environment_id",
    "service_id",
    "image",
    "region",
    "start_command",
    "health_path",
    "health_timeout_seconds",
    "sleeps",
    "replicas",
    "vcpus",
    "memory_gb",
)
REPLACES = ("project_id", "environment_id", "service_id")

RESTARTS = {"restartPolicyType": "ON_FAILURE", "restartPolicyMaxRetries": 10}
_GB = 1e9
_CLEARABLE = ("startCommand", "healthcheckPath")


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    failures = required(news, (*INPUTS[:5], "replicas", "vcpus", "memory_gb"))
    failures += [
        Failure(key, "must be more than 0")
        for key in ("vcpus", "memory_gb", "replicas", "health_timeout_seconds")
        if isinstance(value := news.get(key), int | float) and value <= 0
    ]
    path = news.get("health_path") or "/"
    if not isinstance(path, Unknown) and not str(path).startswith("/"):
        failures.append(Failure("health_path", "must begin with /"))
    return failures


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`."""
    _ensure(api, news)
    return Made(f"{news['environment_id']}/{news['service_id']}", _outs(api, news))


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`. Where Railway names no region of an instance, it is taken to be the declared one."""
    del id_
    found = reads.instance(api, str(outs["environment_id"]), str(outs["service_id"]))
    if found is None:
        return None
    limits = _limits(api, outs)
    live = {
        "image": (found["source"] or {}).get("image") or "",
        "start_command": found["startCommand"] or "",
        "health_path": found["healthcheckPath"] or "",
        "sleeps": bool(found["sleepApplication"]),
        "replicas": found["numReplicas"],
        "region": found["region"] or outs["region"],
        "vcpus": limits.get("cpu"),
        "memory_gb": limits.get("memoryBytes", 0) / _GB or None,
    }
    if live["health_path"]:
        live["health_timeout_seconds"] = found["healthcheckTimeout"]
    return {**outs, **{key: value for key, value in live.items() if key in outs}}


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    del id_
    _ensure(api, news, moved=olds["region"] != news["region"])
    return _outs(api, news)


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """Do nothing: settings go with their service."""


def ensure_health_check(api: RailwayClient, props: Props) -> None:
    """Set the health check of a service that has been deployed: before, Railway may refuse one.

    It counts from the next deployment on.
    """
    found = reads.instance(api, str(props["environment_id"]), str(props["service_id"]))
    if found is not None and (found["healthcheckPath"] or "") != props.get("health_path", ""):
        _ensure(api, props, strict=True)


def _ensure(api: RailwayClient, news: Props, *, moved: bool = False, strict: bool = False) -> None:
    """Write what differs and see that it was taken over: Railway says yes to what it does not do, too.

    Args:
        moved: Whether the region is another one, which an instance need not show.
        strict: Whether a refused health check is an error; otherwise it is left for after the deployment.
    """
    environment_id, service_id = str(news["environment_id"]), str(news["service_id"])
    with api.changing(environment_id):
        wanted = _wanted(news)
        if moved or _missing(api, news, wanted):
            marks.forget_deployment(api, news)
            wanted = _write(api, news, wanted, strict=strict)
            _clear(api, news, wanted)
            _verify(api, news, wanted)
        if _limits_differ(_limits(api, news), news):
            marks.forget_deployment(api, news)
            limits = {"vCPUs": news["vcpus"], "memoryGB": news["memory_gb"]}
            given = {"environmentId": environment_id, "serviceId": service_id, **limits}
            api.execute("UpdateServiceLimits", input=given)


def _wanted(news: Props) -> dict[str, Any]:
    """The fields that can be read back. None clears one."""
    health = news.get("health_path") or None
    return {
        "source": {"image": news["image"]},
        "startCommand": news.get("start_command") or None,
        "healthcheckPath": health,
        **({"healthcheckTimeout": news.get("health_timeout_seconds")} if health else {}),
        "sleepApplication": bool(news.get("sleeps")),
        "numReplicas": news["replicas"],
        **RESTARTS,
    }


def _write(api: RailwayClient, news: Props, wanted: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """Send all settings, never some: what is left out may be set back, such as the number of replicas.

    Returns what was taken over: a service that never ran may have no health check yet, which Railway calls
    an invalid input.
    """
    places = {"multiRegionConfig": {str(news["region"]): {"numReplicas": news["replicas"]}}}
    ids = {"environmentId": news["environment_id"], "serviceId": news["service_id"]}
    try:
        api.execute("UpdateServiceInstance", **ids, input={**wanted, **places})
    except InvalidInputError:
        if strict or not wanted["healthcheckPath"]:
            raise
        wanted = {key: value for key, value in wanted.items() if not key.startswith("healthcheck")}
        api.execute("UpdateServiceInstance", **ids, input={**wanted, **places})
    return wanted


def _clear(api: RailwayClient, news: Props, wanted: dict[str, Any]) -> None:
    """Clear by a patch what did not go away when it was set to nothing."""
    stuck = [key for key in _missing(api, news, wanted) if key in _CLEARABLE and wanted[key] is None]
    if stuck:
        commit_patch(
            api,
            project_id=str(news["project_id"]),
            environment_id=str(news["environment_id"]),
            patch={"services": {str(news["service_id"]): {"deploy": dict.fromkeys(stuck)}}},
            message=f"without {' and '.join(stuck)}",
        )


def _verify(api: RailwayClient, news: Props, wanted: dict[str, Any]) -> None:
    """Raise if anything was not taken over.

    Raises:
        RefusedError: Names the fields.
    """

    def taken_over() -> bool | None:
        return None if _missing(api, news, wanted) else True

    if api.poll(taken_over, SETTLE_SECONDS) is None:
        missing = ", ".join(_missing(api, news, wanted))
        raise RefusedError("UpdateServiceInstance", f"{missing} must be as written, got something else")


def _missing(api: RailwayClient, news: Props, wanted: Props) -> list[str]:
    """The fields that are not as wanted.

    Raises:
        RefusedError: There is no instance to have them.
    """
    found = reads.instance(api, str(news["environment_id"]), str(news["service_id"]))
    if found is None:
        raise RefusedError("UpdateServiceInstance", "the service must be in the environment, got nothing")
    live = {**found, "source": {"image": (found["source"] or {}).get("image")}}
    elsewhere = found["region"] and found["region"] != news["region"]
    return (["region"] if elsewhere else []) + [
        key for key, value in wanted.items() if (live[key] or None) != (value or None)
    ]


def _limits(api: RailwayClient, props: Props) -> dict[str, Any]:
    ids = {"environmentId": props["environment_id"], "serviceId": props["service_id"]}
    found = api.execute("ServiceLimits", **ids) or {}
    return dict(found.get("containers") or {})


def _limits_differ(live: Props, news: Props) -> bool:
    wanted = {"cpu": float(news["vcpus"]), "memoryBytes": round(float(news["memory_gb"]) * _GB)}
    return any(float(live.get(key) or 0) != float(value) for key, value in wanted.items())


def _outs(api: RailwayClient, news: Props) -> dict[str, Any]:
    return {**news, "written_at": marks.written_at(api)}
