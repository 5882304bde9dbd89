"""The providers that the engine keeps with every resource: how they are pickled, and what they pass on."""

from __future__ import annotations

import base64
import functools
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from components.deploy import railway_resources as resources
from components.railway import process
from components.railway.errors import NotAuthorizedError
from components.railway.masks import Masks

LATER = pulumi.output.Unknown()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
"""What a preview cannot know."""

PROVIDERS = {
    "ProjectProvider": resources.ProjectProvider,
    "EnvironmentProvider": resources.EnvironmentProvider,
    "ServiceProvider": resources.ServiceProvider,
    "SettingsProvider": resources.SettingsProvider,
    "VariablesProvider": resources.VariablesProvider,
    "VolumeProvider": resources.VolumeProvider,
    "DeploymentProvider": resources.DeploymentProvider,
    "DomainProvider": resources.DomainProvider,
}
"""By the names under which states of the past hold them."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Masks:
    """Nobody may make a client; the masks are the test's own."""

    def refuse() -> None:
        raise AssertionError("a preview must not reach the API")

    masks = Masks()
    monkeypatch.setattr(process, "client", refuse)
    monkeypatch.setattr(process, "MASKS", masks)
    return masks


@functools.cache
def pickled(name: str) -> bytes:
    return base64.b64decode(serialize_provider(PROVIDERS[name]()))


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_pickled_as_its_name(name: str) -> None:
    assert f"components.deploy.railway_resources\x94\x8c{chr(len(name))}{name}\x94".encode(
        "latin-1"
    ) in pickled(name)
    assert len(base64.b64encode(pickled(name))) <= 120


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_is_not_kept_as_a_secret(name: str) -> None:
    assert PROVIDERS[name].serialize_as_secret_always is False
    assert vars(PROVIDERS[name]()) == {}


def test_there_is_no_other_provider() -> None:
    found = {each.__name__ for each in resources.Provider.__subclasses__()}

    assert found == set(PROVIDERS)


VARIABLES: dict[str, Any] = {
    "__provider": "pickled",
    "project_id": "p",
    "environment_id": "e",
    "service_id": "s",
    "variables": {"MODE": "cache"},
    "sealed": {"PASSWORD": "sesame-open"},
    "sealed_version": "v1",
}


def test_a_check_learns_what_must_not_be_shown(offline: Masks) -> None:
    found = resources.VariablesProvider().check({}, VARIABLES)

    assert (found.failures, found.inputs) == ([], VARIABLES)
    assert offline.hide("it is sesame-open") == "it is ***"


@pytest.mark.usefixtures("offline")
def test_a_check_names_what_is_wrong_and_no_value() -> None:
    wrong = {"variables": {"RAILWAY_X": "sesame-open", "PASSWORD": "sesame-open"}, "sealed_version": ""}
    found = resources.VariablesProvider().check({}, {**VARIABLES, **wrong})

    assert {failure.property for failure in found.failures} == {
        "variables.RAILWAY_X",
        "sealed.PASSWORD",
        "sealed_version",
    }
    assert "sesame" not in str([failure.reason for failure in found.failures])


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("change", "changes", "replaces"),
    [
        ({}, False, []),
        ({"variables": {"MODE": LATER}}, True, []),
        ({"sealed": {"PASSWORD": "another"}}, True, []),
        ({"service_id": LATER}, True, ["service_id"]),
    ],
)
def test_a_diff_asks_nobody(change: dict[str, Any], changes: bool, replaces: list[str]) -> None:
    olds = {**VARIABLES, "written_at": "1"}

    found = resources.VariablesProvider().diff("e/s", olds, {**VARIABLES, **change})

    assert (found.changes, found.replaces, found.delete_before_replace) == (changes, replaces, True)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", PROVIDERS)
def test_a_preview_of_a_first_up_is_not_refused(name: str) -> None:
    """Ids are not known by then."""
    provider = PROVIDERS[name]()
    news: dict[str, Any] = dict.fromkeys(provider.handler.INPUTS, LATER)
    if name == "ProjectProvider":
        news |= {"name": "swarm", "environment": "production", "stack": "test", "workspace_id": ""}

    assert provider.check({}, news).failures == []


def test_without_a_token_the_first_call_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_API_TOKEN", raising=False)
    monkeypatch.setattr(process, "_clients", [])

    with pytest.raises(NotAuthorizedError, match="RAILWAY_API_TOKEN must be set"):
        resources.ProjectProvider().create({"name": "swarm"})
