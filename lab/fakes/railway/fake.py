"""The stand-in as one object: for tests, which set its switches, and for the lab's container."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lab.fakes.keys import same
from lab.fakes.railway.api import Api
from lab.fakes.railway.behaviour import Behaviour
from lab.fakes.railway.calls import Call
from lab.fakes.railway.clock import Clock
from lab.fakes.railway.deployments import Deployments
from lab.fakes.railway.domains import Domains
from lab.fakes.railway.faults import Fault
from lab.fakes.railway.patches import Patches
from lab.fakes.railway.projects import REGIONS, Projects
from lab.fakes.railway.server import Background, Listener
from lab.fakes.railway.services import Services
from lab.fakes.railway.store import Node, Store
from lab.fakes.railway.variables import Variables
from lab.fakes.railway.volumes import Volumes
from lab.fakes.railway.world import Caller, World

WORKSPACE: Final = "8f1c0d52-0b7e-4c56-9d53-2f5a3c1e7b90"
"""Id of the workspace that the token opens."""

FOREIGN_WORKSPACE: Final = "0b6f4b0e-7d39-4c0a-8f0d-6b8f3f5f2a11"
"""Of one that it does not."""


class FakeRailway:
    """STAND-IN for Railway: its API over plain dictionaries; nothing of what is deployed runs.

    Args:
        clock: By default one that stands still; a client that waits by it waits for nothing real.
        token: Of the workspace; made at random.
        file: Where it keeps everything.
    """

    def __init__(
        self, *, clock: Clock | None = None, token: str | None = None, file: Path | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.token = token or secrets.token_urlsafe(24)
        self.behaviour = Behaviour()
        self.store = Store(self.clock, file)
        world = World(self.store, self.behaviour)
        self.deployments = Deployments(world)
        services = Services(world, self.deployments, tuple(REGIONS))
        domains = Domains(world)
        parts = (
            self.deployments,
            services,
            domains,
            Projects(world, services, {WORKSPACE: "swarm", FOREIGN_WORKSPACE: "strangers"}),
            Variables(world, self.deployments),
            Volumes(world, next(iter(REGIONS))),
            Patches(world, services, self.deployments, domains),
        )
        fields = {name: resolver for part in parts for name, resolver in part.fields().items()}
        self._project_tokens: dict[str, Caller] = {}
        self._person_tokens: dict[str, Caller] = {}
        self.api = Api(world, fields, self._caller)
        self._server: Background | None = None

    def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base address."""
        self._server = Background(Listener(self.api), host=host, port=port)
        return f"http://{host}:{self._server.start()}"

    def stop(self) -> None:
        """End it.

        Raises:
            AssertionError: The stand-in itself made a mistake; the first one is its cause.
        """
        if self._server is not None:
            self._server.stop()
        if self.api.broken:
            raise AssertionError(f"the stand-in broke: {self.api.broken}") from self.api.broken[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def objects(self) -> Mapping[str, Mapping[str, Node]]:
        """Everything that ever was there, by kind and id, with all values: for assertions."""
        self.store.settle()
        return self.store.objects

    def alive(self, kind: str, **match: object) -> list[Node]:
        """What is there and not deleted, by its kind and fields."""
        self.store.settle()
        return self.store.alive(kind, **match)

    @property
    def calls(self) -> list[Call]:
        """Every request that was understood; tests may empty it."""
        return self.api.calls

    @property
    def changes(self) -> list[str]:
        """Names of the operations among them that are mutations."""
        return [call.operation for call in self.calls if call.change]

    def fail(self, name: str, fault: Fault, *, skip: int = 0, times: int = 1) -> None:
        """Let something go wrong with requests; see `Faults.order`."""
        self.api.faults.order(name, fault, skip=skip, times=times)

    def crash_after(self, changes: int) -> None:
        """Let a client end after so many changes; see `Faults.crash_after`."""
        self.api.faults.crash_after(changes)

    def recover(self) -> None:
        """Take back all faults that were ordered."""
        self.api.faults.clear()

    def project_token(self, project_id: str, environment_id: str) -> str:
        """A new token of the other kind, which opens one environment of a project."""
        token = secrets.token_urlsafe(24)
        self._project_tokens[token] = Caller(
            project_id=project_id, environment_id=environment_id, token_id=self.store.new_id()
        )
        return token

    def person_token(self) -> str:
        """A new token of a person, who belongs to both workspaces."""
        token = secrets.token_urlsafe(24)
        both = frozenset({WORKSPACE, FOREIGN_WORKSPACE})
        self._person_tokens[token] = Caller(workspaces=both, person_id=self.store.new_id())
        return token

    def stage(self, environment_id: str) -> None:
        """Let somebody stage a change in the dashboard."""
        self.store.objects["environment"][environment_id]["staged"].append("a change by a person")

    def deploy(self, environment_id: str, service_id: str) -> str:
        """Let somebody deploy in the dashboard; the id of the deployment."""
        self.store.settle()
        found = self.store.alive("instance", environmentId=environment_id, serviceId=service_id)
        return str(self.deployments.start(found[0])["id"])

    def running_at(self, domain: str) -> Node | None:
        """The deployment that answers at a domain, awake; None where none does."""
        with self.api.lock:
            self.store.settle()
            found = [
                each for each in self.store.alive("domain", domain=domain) if each["syncStatus"] != "CREATING"
            ]
            instance = found and self.store.alive(
                "instance", environmentId=found[0]["environmentId"], serviceId=found[0]["serviceId"]
            )
            return self.deployments.wake(instance[0]) if instance else None

    def runs(self, environment_id: str, service: str) -> bool:
        """Whether a service in an environment answers others there."""
        with self.api.lock:
            self.store.settle()
            return any(
                self.deployments.wake(each) is not None
                for each in self.store.alive("instance", environmentId=environment_id)
                if self.store.objects["service"][each["serviceId"]]["name"] == service
            )

    def _caller(self, headers: Mapping[str, str]) -> Caller | None:
        """Whose token it is; of both kinds at once, or in the other one's header, nobody's."""
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        project = headers.get("project-access-token")
        if project is not None:
            found = [caller for token, caller in self._project_tokens.items() if same(project, token)]
            return found[0] if found and not bearer else None
        if kind.lower() != "bearer":
            return None
        if same(bearer, self.token):
            return Caller(workspaces=frozenset({WORKSPACE}))
        return next((caller for token, caller in self._person_tokens.items() if same(bearer, token)), None)
