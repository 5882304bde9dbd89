"""The docker plugin that the lab builds takes exactly what the official Python package sends.

The package is generated from the official plugin's schema, so equal inputs mean that a program cannot tell
the two plugins apart before they meet a Docker host.
"""

from __future__ import annotations

import collections.abc
import inspect
import json
import re
import typing
from importlib import metadata
from typing import Any

import pulumi_docker
import pytest
from pulumi import _types as translation

from lab.engine import versions

SCHEMA: dict[str, Any] = json.loads((versions.SOURCES / "dockerplugin" / "schema.json").read_text())
SCALARS = {str: "string", int: "integer", bool: "boolean", float: "number"}

Shape = str | tuple[Any, ...] | dict[str, Any]
"""A type without its name: a scalar, a list, a map, or an object's fields with `!` on required ones."""

RESOURCES = {
    pulumi_docker.ContainerArgs: "docker:index/container:Container",
    pulumi_docker.NetworkArgs: "docker:index/network:Network",
    pulumi_docker.VolumeArgs: "docker:index/volume:Volume",
    pulumi_docker.RemoteImageArgs: "docker:index/remoteImage:RemoteImage",
}


def package_type(hint: object) -> Shape:
    """Shape of a property by its annotation in the Python package."""
    if hint in SCALARS:
        return SCALARS[hint]
    if isinstance(hint, type) and translation.is_input_type(hint):
        return package_fields(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return package_type(arguments[0])
    if origin is collections.abc.Sequence:
        return ("list", package_type(arguments[0]))
    assert origin is collections.abc.Mapping, hint
    return ("map", package_type(arguments[1]))


def package_fields(arguments_class: type) -> dict[str, Shape]:
    parameters = inspect.signature(arguments_class).parameters
    names = translation.input_type_py_to_pulumi_names(arguments_class)
    required = {names[name] for name, parameter in parameters.items() if parameter.default is parameter.empty}
    types = translation.input_type_types(arguments_class)
    assert set(types) == set(names.values())
    return {f"{name}{'!' * (name in required)}": package_type(hint) for name, hint in types.items()}


def schema_type(spec: dict[str, Any]) -> Shape:
    """Shape of a property in the plugin's schema."""
    if "$ref" in spec:
        found = SCHEMA["types"][spec["$ref"].removeprefix("#/types/")]
        return schema_fields(found["properties"], found.get("required", []))
    if spec["type"] == "array":
        return ("list", schema_type(spec["items"]))
    if spec["type"] == "object":
        return ("map", schema_type(spec["additionalProperties"]))
    return str(spec["type"])


def schema_fields(properties: dict[str, Any], required: list[str]) -> dict[str, Shape]:
    return {f"{name}{'!' * (name in required)}": schema_type(spec) for name, spec in properties.items()}


@pytest.mark.parametrize("arguments_class", RESOURCES, ids=lambda found: found.__name__)
def test_a_resource_takes_the_inputs_of_the_package(arguments_class: type) -> None:
    resource = SCHEMA["resources"][RESOURCES[arguments_class]]
    served = schema_fields(resource["inputProperties"], resource.get("requiredInputs", []))
    assert served == package_fields(arguments_class)


def test_the_provider_takes_the_inputs_of_the_package() -> None:
    served = schema_fields(
        SCHEMA["provider"]["inputProperties"], SCHEMA["provider"].get("requiredInputs", [])
    )
    assert served == package_fields(pulumi_docker.ProviderArgs)


def test_plugin_and_schema_carry_the_version_that_the_package_asks_for() -> None:
    mapping = (versions.SOURCES / "dockerplugin" / "mapping" / "mapping.go").read_text()
    served = re.search(r'const Version = "(.+)"', mapping)
    assert served is not None
    assert served[1] == SCHEMA["version"] == versions.plugin("docker")


def test_command_line_and_language_host_are_of_the_version_of_the_python_sdk() -> None:
    host = re.search(
        r"github\.com/pulumi/pulumi/sdk/v3 v(\S+)", (versions.SOURCES / "languagehost" / "go.mod").read_text()
    )
    assert host is not None
    assert host[1] == versions.dotted(versions.cli()) == metadata.version("pulumi")
