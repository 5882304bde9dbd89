"""The auxiliary cloud: a project at Railway with the services that a `Cloud` declares."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pulumi
import pulumi.runtime.config

from components.config.settings import NAMESPACE, RailwaySettings
from components.deploy import railway_resources as resources
from components.deploy.railway_service import CloudPlace, RailwayService
from components.deploy.secrets import Secrets
from components.model.cloud import Cloud
from components.model.cloud_checks import find_cloud_problems
from components.model.cloud_variables import find_variable_problems
from components.model.problems import Problem
from components.model.secrets import SecretRef, SecretSource
from components.railway.access import TOKEN_VARIABLE, missing_token

_TOKEN_KEY = f"{NAMESPACE}:railway_token"


def shown_services(cloud: Cloud) -> dict[str, object]:
    """What each service is there for, as policies judge it."""
    return {"services": [{"name": service.name, "role": str(service.role)} for service in cloud.services]}


class RailwayProject(pulumi.ComponentResource):
    """The project, its environment, and every service in it."""

    environment_id: pulumi.Output[str]
    urls: Mapping[str, pulumi.Output[str]]
    """Addresses on the internet by service."""

    def __init__(
        self,
        name: str,
        cloud: Cloud,
        secrets: Secrets,
        *,
        stack: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:RailwayProject", name, shown_services(cloud), opts)
        child = pulumi.ResourceOptions(parent=self)
        project = resources.Project(
            f"{name}-project",
            {
                "name": cloud.project,
                "workspace_id": cloud.workspace_id,
                "environment": cloud.environment,
                "stack": stack,
            },
            child,
        )
        environment = resources.Environment(
            f"{name}-environment", {"project_id": project.id, "name": cloud.environment}, child
        )
        place = CloudPlace(
            prefix=name,
            project_id=project.id,
            environment_id=environment.id,
            region=cloud.region,
            domain_label=cloud.domain_label,
            secrets=secrets,
        )
        made: dict[str, RailwayService] = {}
        for service in cloud.services:
            after = [made[other] for other in service.after]
            made[service.name] = RailwayService(service, place, after, child)
        self.environment_id = environment.id
        self.urls = {key: found.url for key, found in made.items() if found.url is not None}
        self.register_outputs(
            {"environment_id": self.environment_id, "urls": dict(self.urls), **shown_services(cloud)}
        )


def find_railway_problems(settings: RailwaySettings, cloud: Cloud | None = None) -> list[Problem]:
    """What stands in the way of deploying to Railway; a preview needs no token and is only warned."""
    if not settings.enabled:
        return []
    if cloud is None:
        return [Problem(f"{NAMESPACE}:railway.enabled", "must be false where no service is declared", "true")]
    missing = _missing_inputs(cloud)
    if missing and pulumi.runtime.is_dry_run():
        lines = "\n".join(f"  {problem}" for problem in missing)
        pulumi.log.warn(f"`up` will refuse to start until this is set:\n{lines}")
        missing = []
    return [*find_cloud_problems(cloud), *find_variable_problems(cloud), *_token_in_stack(), *missing]


def cloud_references(cloud: Cloud | None) -> tuple[SecretRef, ...]:
    """Every secret that a service at Railway needs; none without Railway."""
    return cloud.references if cloud else ()


def deploy_cloud(cloud: Cloud | None, secrets: Secrets, stack: str) -> dict[str, pulumi.Output[str]]:
    """The auxiliary cloud, where there is one; the addresses of its public services."""
    if cloud is None:
        return {}
    return dict(RailwayProject("railway", cloud, secrets, stack=stack).urls)


def _missing_inputs(cloud: Cloud) -> list[Problem]:
    """What only a real run needs: the token, and images whose content is known."""
    needed = []
    if not os.environ.get(TOKEN_VARIABLE):
        needed.append(Problem("railway.token", missing_token(os.environ)))
    if not cloud.workspace_id:
        fix = "`./swarm railway check` lists those that the token opens"
        needed.append(Problem(f"{NAMESPACE}:railway.workspace_id", "must be set", "none", fix))
    images = {service.image.name: service.image for service in cloud.services}
    configured = {ref.name for ref in cloud.references if ref.source is SecretSource.CONFIGURED}
    unset = [
        Problem(
            f"{NAMESPACE}:{name}",
            "must be set",
            "none",
            f"`pulumi config set --secret {NAMESPACE}:{name} < FILE`",
        )
        for name in sorted(configured)
        if not pulumi.runtime.config.get_config(f"{NAMESPACE}:{name}")
    ]
    unpinned = [
        Problem(f"{NAMESPACE}:images.{name}", "must be pinned to a digest", repr(image.reference))
        for name, image in sorted(images.items())
        if not image.pinned
    ]
    return needed + unset + unpinned


def _token_in_stack() -> list[Problem]:
    """A token in the stack file would also stand in the state, beside the default provider."""
    if not pulumi.runtime.config.get_config(_TOKEN_KEY):
        return []
    fix = f"`pulumi config rm {_TOKEN_KEY}`, and put the token into {TOKEN_VARIABLE} of the environment"
    return [Problem(_TOKEN_KEY, "must not be in the stack file", "a value", fix)]
