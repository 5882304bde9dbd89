"""Mistakes in names, variables and references of services at Railway, each with its message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.catalogue.railway import cloud
from components.model.cloud import Cloud, CloudService
from components.model.cloud_variables import find_variable_problems
from components.model.secrets import SecretRef, SecretSource
from tests.unit.components.stacks import settings


def declared() -> Cloud:
    found = cloud(settings("prod", railway={"enabled": True}))
    assert found is not None
    return found


CASES: list[tuple[dict[str, Any], str]] = [
    ({"name": "Router"}, "Router.name: must be lower-case letters, digits and -, 32 at most"),
    ({"port": None}, "router.port: must be set, because the service has a domain, got none"),
    ({"variables": {"1A": ""}}, "router.variables.1A: must be a variable's name"),
    (
        {"variables": {"RAILWAY_X": ""}},
        "router.variables.RAILWAY_X: must not begin with RAILWAY_ or AISWARM_",
    ),
    (
        {"variables": {"AISWARM_X": ""}},
        "router.variables.AISWARM_X: must not begin with RAILWAY_ or AISWARM_",
    ),
    (
        {"variables": {"KEY": ""}, "secrets": {"KEY": ("",)}},
        "router.variables.KEY: must not be both readable and sealed",
    ),
    (
        {"secrets": {"KEY": (SecretRef(name="kept", source=SecretSource.VAULT),)}},
        "router.secrets.KEY: must be known to the program",
    ),
    (
        {"variables": {"A": "redis://${{ cache.HOST }}:6379"}},
        "router.after: must name every service that its variables refer to, got no cache",
    ),
    (
        {"secrets": {"A": ("${{other.KEY}}",)}},
        "router.after: must name every service that its variables refer to",
    ),
]


def router(found: Cloud) -> CloudService:
    return next(service for service in found.services if service.name == "router")


@pytest.mark.parametrize(("change", "message"), CASES, ids=[message for _, message in CASES])
def test_a_mistake_is_named(change: dict[str, Any], message: str) -> None:
    found = declared()
    wrong = replace(found, services=(replace(router(found), **change),))

    (problem,) = find_variable_problems(wrong)

    assert str(problem).startswith(f"aiswarm:railway.{message}")


def test_names_must_differ() -> None:
    found = declared()

    (problem,) = find_variable_problems(replace(found, services=(router(found),) * 2))

    assert str(problem) == "aiswarm:railway: services must have different names, got router twice"


@pytest.mark.parametrize(
    "variables",
    [
        {"A": "${{shared.B}}"},
        {"A": "${{router.B}}"},
        {"A": "${{B}}"},
        {"RAILWAY_RUN_UID": "0"},
        {"A": "$HOME"},
    ],
)
def test_what_may_stand_in_a_variable(variables: dict[str, str]) -> None:
    found = declared()

    assert (
        find_variable_problems(replace(found, services=(replace(router(found), variables=variables),))) == []
    )


def test_the_catalogue_has_no_mistakes() -> None:
    assert find_variable_problems(declared()) == []
