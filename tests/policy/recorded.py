"""The real stacks as the rules see them, from what the program asks the engine for."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules

from pulumi.output import Unknown

from policy import rules
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from policy.rules.support.rule import ResourceRule, StackRule
from tests.components.recording import Recording, is_secret
from tests.components.test_program import run
from tests.policy import given

Edit = Callable[[given.Props], None]
"""Changes the inputs of one resource in place."""

Found = frozenset[tuple[str, str]]
"""Id of a rule, and the resource that it is shown at."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One resource and its inputs as the program gave them."""

    resource: Resource
    inputs: given.Props

    def edited(self, edit: Edit) -> Recorded:
        """The same after one change; this one stays as it is."""
        inputs = copy.deepcopy(self.inputs)
        edit(inputs)
        return Recorded(replace(self.resource, fields=given.fields(inputs)), inputs)

    def remarked(self, *paths: str) -> Recorded:
        """The same with exactly these inputs marked as secret."""
        return replace(self, resource=given.marked(self.resource, *paths))


WITH_RAILWAY = "prod with Railway"
"""The committed stack, with what it can have besides switched on."""


@functools.cache
def recording(name: str) -> Recording:
    """The preview of a committed stack."""
    return run("prod", railway='{"enabled": true}') if name == WITH_RAILWAY else run(name)


@functools.cache
def stack(name: str) -> tuple[Recorded, ...]:
    """All resources of a committed stack in a preview."""
    registrations = recording(name).registrations
    providers = {found.urn: found.inputs for found in registrations if ":providers:" in found.type}
    return tuple(
        Recorded(
            Resource(
                type=found.type,
                name=found.name,
                urn=found.urn,
                fields=given.fields(_known(found.inputs)),
                provider=given.fields(dict(inputs), "provider") if inputs is not None else None,
                dependencies=frozenset(found.request.dependencies),
                secrets=frozenset(_marks(found.wire)),
                protected=found.request.protect,
            ),
            _known(found.inputs),
        )
        for found in registrations
        # A reference to a provider is its URN and its id.
        for inputs in [providers.get(found.request.provider.rpartition("::")[0])]
    )


def _known(inputs: Mapping[str, object]) -> given.Props:
    """The inputs, with the marker of the rules for what is unknown."""
    return {key: _or_marker(value) for key, value in inputs.items()}


def _or_marker(value: object) -> object:
    if isinstance(value, Unknown):
        return Marker.UNKNOWN
    if isinstance(value, dict):
        return _known(value)
    return [_or_marker(item) for item in value] if isinstance(value, list) else value


def _marks(wire: object, path: str = "") -> Iterator[str]:
    """Paths of the secret inputs, from the marks of the protocol."""
    if is_secret(wire):
        yield path
    elif isinstance(wire, Mapping):
        for key, value in wire.items():
            yield from _marks(value, f"{path}.{key}" if path else key)
    elif isinstance(wire, list):
        for index, value in enumerate(wire):
            yield from _marks(value, f"{path}[{index}]")


def rules_of(group: str) -> list[ResourceRule | StackRule]:
    """All rules whose id starts so, in the order of their ids."""
    every = [
        import_module(f"policy.rules.{found.name}").RULE
        for found in iter_modules(rules.__path__)
        if not found.ispkg
    ]
    return sorted((rule for rule in every if rule.id.startswith(group)), key=lambda rule: rule.id)


def find(judging: list[ResourceRule | StackRule], resources: tuple[Recorded, ...]) -> Found:
    """What the rules find in a stack."""
    return frozenset(
        found for rule in judging for found in _find(rule, [each.resource for each in resources])
    )


def _find(rule: ResourceRule | StackRule, resources: list[Resource]) -> Iterator[tuple[str, str]]:
    if isinstance(rule, StackRule):
        yield from ((rule.id, urn.rpartition("::")[2]) for urn, _ in rule.check(resources))
        return
    for resource in resources:
        if rule.judges(resource.type) and rule.judge(resource):
            yield rule.id, resource.name
