"""What one run of the check has learned so far: later points build on earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.railway import reads
from components.railway.errors import TransientError
from components.railway.owners import owners
from ops.railway.probe import Probe, Seen
from ops.railway.rows import NotCheckedError

Node = dict[str, Any]

MOST_PAGES = 50
"""Of a hundred projects each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a stack declares of its project at Railway."""

    stack: str
    workspace_id: str
    project: str
    environment: str
    region: str


class Session:
    """Answers that several points look at; each is asked for once."""

    def __init__(self, probe: Probe, wanted: Wanted) -> None:
        self.probe, self.wanted = probe, wanted

    @cached_property
    def workspaces(self) -> Seen:
        """What the token opens."""
        return self.probe.ask("Workspaces")

    @property
    def open(self) -> bool:
        """Whether it makes sense to ask for more."""
        try:
            return self.workspaces.error is None
        except TransientError:
            return False

    @property
    def workspace_id(self) -> str:
        """The declared workspace, if the token opens it.

        Raises:
            NotCheckedError: None is declared, or the token does not open it.
        """
        opened = {each["id"] for each in self.workspaces.value["workspaces"]}
        if self.wanted.workspace_id not in opened:
            raise NotCheckedError("needs a workspace that the stack file names and the token opens")
        return self.wanted.workspace_id

    @cached_property
    def projects(self) -> list[Node]:
        """Everything in the workspace."""
        found: list[Node] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self.probe.ask("Projects", {"workspaceId": self.workspace_id, "after": after}).value
            found += reads.nodes(page)
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        return found

    @property
    def named(self) -> list[Node]:
        """The projects of the declared name."""
        return [node for node in self.projects if node["name"] == self.wanted.project]

    @cached_property
    def project(self) -> Node:
        """The declared project, if it is ours.

        Raises:
            NotCheckedError: It is not there, or not ours.
        """
        ours = [node for node in self.named if owners(node["description"]) is not None]
        if len(ours) != 1:
            raise NotCheckedError("needs a project of ours")
        found: Node = self.probe.ask("Project", {"id": ours[0]["id"]}).value
        return found

    @property
    def environment_id(self) -> str:
        """The declared environment.

        Raises:
            NotCheckedError: It is not there.
        """
        for node in reads.nodes(self.project["environments"]):
            if node["name"] == self.wanted.environment:
                return str(node["id"])
        raise NotCheckedError(f"needs an environment {self.wanted.environment}")

    @property
    def services(self) -> list[dict[str, str]]:
        """What names each service of the environment.

        Raises:
            NotCheckedError: There is none.
        """
        ids = {"projectId": self.project["id"], "environmentId": self.environment_id}
        found = [{**ids, "serviceId": str(node["id"])} for node in reads.nodes(self.project["services"])]
        if not found:
            raise NotCheckedError("needs a service of ours")
        return found
