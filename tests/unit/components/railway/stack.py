"""A small engine: it keeps what it made, as the real one does, and forgets what it was killed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from components.railway.client import RailwayClient
from components.railway.handlers import (
    deployment,
    domain,
    environment,
    project,
    service,
    settings,
    variables,
    volume,
)
from components.railway.values import Handler, compare, declared
from lab.fakes.railway.fake import WORKSPACE

Props = dict[str, Any]
IMAGE = f"example/redis:8@sha256:{'0' * 64}"


@dataclass(frozen=True)
class Step:
    """One resource, and its inputs from what was made before it."""

    name: str
    handler: Handler
    inputs: Callable[[Mapping[str, Props]], Props]


@dataclass
class Stack:
    """The state of one stack."""

    ids: dict[str, str] = field(default_factory=dict)
    outs: dict[str, Props] = field(default_factory=dict)

    def up(self, api: RailwayClient, steps: list[Step]) -> list[str]:
        """Make everything so; what was created, updated or replaced."""
        done: list[str] = []
        for step in steps:
            news = declared(step.handler, step.inputs(self.outs))
            assert step.handler.check(news) == []
            if step.name not in self.ids:
                made = step.handler.create(api, news)
                self.ids[step.name], self.outs[step.name] = made.id, made.outs
                done.append(f"create {step.name}")
                continue
            found = compare(step.handler, self.outs[step.name], news)
            old = self.outs[step.name]
            if found.replaces:
                step.handler.delete(api, self.ids[step.name], old)
                made = step.handler.create(api, news)
                self.ids[step.name], self.outs[step.name] = made.id, made.outs
                done.append(f"replace {step.name}")
            elif found.changes:
                self.outs[step.name] = step.handler.update(api, self.ids[step.name], old, news)
                done.append(f"update {step.name}")
        return done

    def refresh(self, api: RailwayClient, steps: list[Step]) -> list[str]:
        """Read everything; names of what changed, and of what is gone with a minus."""
        changed: list[str] = []
        for step in steps:
            if step.name not in self.ids:
                continue
            found = step.handler.read(api, self.ids[step.name], self.outs[step.name])
            if found is None:
                del self.ids[step.name], self.outs[step.name]
                changed.append(f"-{step.name}")
            elif found != self.outs[step.name]:
                self.outs[step.name] = found
                changed.append(step.name)
        return changed

    def destroy(self, api: RailwayClient, steps: list[Step]) -> None:
        """Delete everything, the last first."""
        for step in reversed(steps):
            if step.name in self.ids:
                step.handler.delete(api, self.ids[step.name], self.outs[step.name])
                del self.ids[step.name], self.outs[step.name]


SETTINGS: Props = {
    "image": IMAGE,
    "region": "us-east4-eqdc4a",
    "start_command": "",
    "health_path": "/health",
    "health_timeout_seconds": 300,
    "sleeps": False,
    "replicas": 1,
    "vcpus": 0.5,
    "memory_gb": 0.5,
}
SEALED: Props = {"sealed": {"PASSWORD": "sesame-open"}, "sealed_version": "v1"}


def steps(**changed: Props) -> list[Step]:
    """One service with everything that a service can have; keyword arguments change inputs by step."""

    def step(key: str, handler: object, /, **inputs: object) -> Step:
        def values(outs: Mapping[str, Props]) -> Props:
            found = {each: value(outs) if callable(value) else value for each, value in inputs.items()}
            return {**found, **changed.get(key, {})}

        return Step(key, cast(Handler, handler), values)

    ids = {
        "project_id": lambda outs: outs["project"]["project_id"],
        "environment_id": lambda outs: outs["environment"]["environment_id"],
        "service_id": lambda outs: outs["service"]["service_id"],
    }
    two = {key: ids[key] for key in ("project_id", "environment_id")}
    triggers = {
        "triggers": lambda outs: {
            **{key: outs[key]["written_at"] for key in ("settings", "variables")},
            **{key: outs["volume"][key] for key in ("volume_id", "mount_path")},
        },
        "settings": {**SETTINGS, **changed.get("settings", {})},
    }
    first = {"workspace_id": WORKSPACE, "environment": "production", "stack": "prod"}
    return [
        step("project", project, name="swarm", **first),
        step("environment", environment, project_id=ids["project_id"], name="production"),
        step("service", service, **two, name="redis"),
        step("volume", volume, **ids, mount_path="/data", region="us-east4-eqdc4a"),
        step("variables", variables, **ids, variables={"MODE": "cache"}, **SEALED),
        step("settings", settings, **ids, **SETTINGS),
        step("deployment", deployment, **ids, service="redis", **triggers),
        step("domain", domain, **ids, target_port=4000, label="aiswarm-router"),
    ]
