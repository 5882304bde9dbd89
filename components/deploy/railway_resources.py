"""Resources at Railway: each hands plain values to its handler, and holds nothing itself.

The engine keeps a pickled provider with every resource and unpickles it to refresh or destroy, in a process
of its own that imports this module. So a provider is a class without attributes, pickled as its name alone: a
short text that is the same for every version of the program. **Never rename or move these classes**: what is
in a state could no longer be read.

Dynamic providers get secrets as plain values, and the engine marks what they return as secret again only
under the key under which it was given. So an output holds a secret only under its input's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi import dynamic

from components.railway import process
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
from components.railway.values import UNKNOWN, Handler, compare, declared

Props = dict[str, Any]


class Provider(dynamic.ResourceProvider):
    """The engine's calls as the handler's. Check and diff, which a preview does, never reach the API."""

    serialize_as_secret_always = False
    """Nothing in it is secret, and a preview is easier to read."""

    handler: ClassVar[Handler]

    def check(self, _olds: Props, news: Props) -> dynamic.CheckResult:
        """See `Handler.check`. Sealed values become known here, before any log of a deployment is shown."""
        if isinstance(sealed := news.get("sealed"), Mapping):
            process.MASKS.add(sealed.values())
        failures = self.handler.check(_known(news))
        return dynamic.CheckResult(news, [dynamic.CheckFailure(each.key, each.reason) for each in failures])

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """Compare what is declared with the state.

        What is replaced is deleted first: a create would find it by its name and take it for its own.
        """
        found = compare(self.handler, _known(_olds), _known(_news))
        return dynamic.DiffResult(found.changes, list(found.replaces), delete_before_replace=True)

    def create(self, props: Props) -> dynamic.CreateResult:
        """See `Handler.create`."""
        made = self.handler.create(process.client(), declared(self.handler, props))
        return dynamic.CreateResult(made.id, made.outs)

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """See `Handler.read`. What it finds are the inputs, too, so that the next `up` mends a drift."""
        found = self.handler.read(process.client(), id_, _own(props))
        if found is None:
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, dict(found), declared(self.handler, found))

    def update(self, _id: str, _olds: Props, _news: Props) -> dynamic.UpdateResult:
        """See `Handler.update`."""
        news = declared(self.handler, _news)
        return dynamic.UpdateResult(self.handler.update(process.client(), _id, _own(_olds), news))

    def delete(self, _id: str, _props: Props) -> None:
        """See `Handler.delete`."""
        self.handler.delete(process.client(), _id, _own(_props))


class ProjectProvider(Provider):
    """Projects."""

    handler: ClassVar[Handler] = project


class EnvironmentProvider(Provider):
    """Environments."""

    handler: ClassVar[Handler] = environment


class ServiceProvider(Provider):
    """Services without anything in them."""

    handler: ClassVar[Handler] = service


class SettingsProvider(Provider):
    """What services run."""

    handler: ClassVar[Handler] = settings


class VariablesProvider(Provider):
    """What services are told."""

    handler: ClassVar[Handler] = variables


class VolumeProvider(Provider):
    """What services keep."""

    handler: ClassVar[Handler] = volume


class DeploymentProvider(Provider):
    """Services that run."""

    handler: ClassVar[Handler] = deployment


class DomainProvider(Provider):
    """Addresses on the internet."""

    handler: ClassVar[Handler] = domain


class Project(dynamic.Resource, module="railway", name="Project"):
    """A project; its id is Railway's."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(ProjectProvider(), name, dict(props), opts)


class Environment(dynamic.Resource, module="railway", name="Environment"):
    """An environment; its id is Railway's."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(EnvironmentProvider(), name, dict(props), opts)


class Service(dynamic.Resource, module="railway", name="Service"):
    """A service without anything in it; its id is Railway's."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(ServiceProvider(), name, dict(props), opts)


class Settings(dynamic.Resource, module="railway", name="Settings"):
    """What a service runs."""

    written_at: pulumi.Output[str]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(SettingsProvider(), name, {**props, "written_at": None}, opts)


class Variables(dynamic.Resource, module="railway", name="Variables"):
    """What a service is told."""

    written_at: pulumi.Output[str]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(VariablesProvider(), name, {**props, "written_at": None}, opts)


class Volume(dynamic.Resource, module="railway", name="Volume"):
    """What a service keeps; its id is Railway's."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(VolumeProvider(), name, dict(props), opts)


class Deployment(dynamic.Resource, module="railway", name="Deployment"):
    """A service that runs."""

    deployment_id: pulumi.Output[str]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(DeploymentProvider(), name, {**props, "deployment_id": None}, opts)


class Domain(dynamic.Resource, module="railway", name="Domain"):
    """An address on the internet; its id is Railway's."""

    domain: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(DomainProvider(), name, {**props, "domain": None, "url": None}, opts)


def _own(props: Props) -> Props:
    """Without what belongs to the engine."""
    return {key: value for key, value in props.items() if not key.startswith("__")}


def _known(props: Props) -> Props:
    """The values with the handlers' own sign for what is not known yet."""
    return {key: _known_value(value) for key, value in _own(props).items()}


def _known_value(value: object) -> object:
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _known_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known_value(each) for each in value]
    return value
