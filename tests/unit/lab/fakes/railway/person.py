"""Somebody who asks the stand-in by hand, in documents written for the test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import WORKSPACE

IMAGE = "example/redis:8"


@dataclass(eq=False)
class RailwayError(Exception):
    """What the API said instead of data."""

    status: int
    code: str
    message: str


@dataclass
class Person:
    """Asks, and remembers the project that it began with."""

    fake: FakeRailway
    project: str = ""
    environment: str = ""

    def headers(self) -> dict[str, str]:
        """A token of the workspace."""
        return {"authorization": f"Bearer {self.fake.token}"}

    def ask(self, document: str, headers: dict[str, str] | None = None, **variables: object) -> Any:  # noqa: ANN401 - GraphQL's data has any form
        """The value of the one field that is asked for.

        Raises:
            RailwayError: There is none.
        """
        body = json.dumps({"query": document, "variables": variables}).encode()
        reply = self.fake.api.answer(self.headers() if headers is None else headers, "source=test", body)
        document_ = json.loads(reply.body)
        if errors := document_.get("errors"):
            raise RailwayError(reply.status, errors[0]["extensions"]["code"], errors[0]["message"])
        (value,) = document_["data"].values()
        return value

    def wait(self, seconds: float = 60.0) -> None:
        """Let time pass."""
        self.fake.clock.sleep(seconds)

    def begin(self) -> Person:
        """Make a project, and know its environment."""
        made = self.make("project", name="swarm", workspaceId=WORKSPACE)
        self.project = made["id"]
        self.wait()
        self.environment = self.ask(
            "query($id: String!) { project(id: $id) { environments { edges { node { id } } } } }",
            id=self.project,
        )["environments"]["edges"][0]["node"]["id"]
        return self

    def make(self, what: str, **values: object) -> Any:  # noqa: ANN401 - as above
        """What a create returns."""
        kind = f"{what[0].upper()}{what[1:]}CreateInput"
        return self.ask(f"mutation($input: {kind}!) {{ {what}Create(input: $input) {{ id }} }}", input=values)

    def change(self, what: str, kind: str, **values: object) -> Any:  # noqa: ANN401 - as above
        """A mutation with one input that answers with a scalar."""
        return self.ask(f"mutation($input: {kind}!) {{ {what}(input: $input) }}", input=values)

    def service(self, name: str = "redis", **values: object) -> str:
        """A service whose instance is there."""
        given = {"projectId": self.project, "environmentId": self.environment, "name": name, **values}
        id_ = str(self.make("service", **given)["id"])
        self.wait()
        return id_

    def running(self, name: str = "redis") -> str:
        """A service that is deployed."""
        id_ = self.service(name)
        self.set(id_, source={"image": IMAGE})
        self.deploy(id_)
        self.wait()
        return id_

    def set(self, service: str, **settings: object) -> bool:
        """Change settings in the environment."""
        return bool(
            self.ask(
                "mutation($e: String!, $s: String!, $i: ServiceInstanceUpdateInput!)"
                " { serviceInstanceUpdate(environmentId: $e, serviceId: $s, input: $i) }",
                e=self.environment,
                s=service,
                i=settings,
            )
        )

    def instance(self, service: str) -> Any:  # noqa: ANN401 - as above
        """A service's settings."""
        return self.ask(
            "query($e: String!, $s: String!) { serviceInstance(environmentId: $e, serviceId: $s) {"
            " source { image } startCommand healthcheckPath numReplicas region"
            " latestDeployment { id status } } }",
            e=self.environment,
            s=service,
        )

    def deploy(self, service: str) -> str:
        """Deploy; the id of the deployment."""
        return str(
            self.ask(
                "mutation($e: String!, $s: String!)"
                " { serviceInstanceDeployV2(environmentId: $e, serviceId: $s) }",
                e=self.environment,
                s=service,
            )
        )

    def status(self, deployment: str) -> str:
        """A deployment's status."""
        found = self.ask("query($id: String!) { deployment(id: $id) { status } }", id=deployment)
        return str(found["status"])

    def patch(self, patch: object) -> str:
        """Commit a patch; the id of its workflow."""
        return str(
            self.ask(
                "mutation($e: String!, $p: EnvironmentConfig)"
                " { environmentPatchCommit(environmentId: $e, patch: $p) }",
                e=self.environment,
                p=patch,
            )
        )

    def workflow(self, id_: str) -> tuple[str, str | None]:
        """Status and error of a workflow."""
        found = self.ask("query($id: String!) { workflowStatus(workflowId: $id) { status error } }", id=id_)
        return found["status"], found["error"]

    def ids(self, service: str) -> dict[str, str]:
        """What names a service in the environment."""
        return {"projectId": self.project, "environmentId": self.environment, "serviceId": service}

    def variables(self, service: str, *, unrendered: bool = True) -> Any:  # noqa: ANN401 - as above
        """A service's variables."""
        return self.ask(
            "query($e: String!, $p: String!, $s: String, $u: Boolean)"
            " { variables(environmentId: $e, projectId: $p, serviceId: $s, unrendered: $u) }",
            e=self.environment,
            p=self.project,
            s=service,
            u=unrendered,
        )

    def write(self, service: str, values: dict[str, str], **more: object) -> None:
        """Write variables without a deployment."""
        given = {**self.ids(service), "variables": values, "skipDeploys": True, **more}
        self.change("variableCollectionUpsert", "VariableCollectionUpsertInput", **given)

    def volumes(self) -> Any:  # noqa: ANN401 - as above
        """Volumes of the environment."""
        found = self.ask(
            "query($id: String!) { environment(id: $id) { volumeInstances { edges { node {"
            " id volumeId serviceId mountPath state region sizeMB } } } } }",
            id=self.environment,
        )
        return [edge["node"] for edge in found["volumeInstances"]["edges"]]

    def volume(self, service: str, **values: object) -> str:
        """Give a service a volume; its id."""
        return str(self.make("volume", **{**self.ids(service), "mountPath": "/data", **values})["id"])

    def refused(self, message: str) -> pytest.RaisesExc[RailwayError]:
        """An error of the API as nearly all of them come."""
        return pytest.raises(RailwayError, check=lambda error: _is(error, message))


def _is(error: BaseException, message: str) -> bool:
    assert isinstance(error, RailwayError)
    return (error.status, error.code) == (200, "INTERNAL_SERVER_ERROR") and message in error.message
