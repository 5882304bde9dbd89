"""What may be told to a service at Railway, and where its token may not be."""

from __future__ import annotations

import json
import secrets

import pytest

from policy.rules.sealed_cloud_variables import RULE, TOKEN_VARIABLES
from policy.rules.support.fields import Marker
from policy.rules.support.resources import COMMAND, RAILWAY, RAILWAY_VARIABLES, STACK, Resource
from tests.policy import given

PLACE = "on an unnamed node"
REMOVE = "remove it; the program takes it from RAILWAY_API_TOKEN of its environment"


def variables(**changes: object) -> Resource:
    props = {"variables": {"PORT": "4000"}, "sealed": {"LITELLM_MASTER_KEY": "canary"}, **changes}
    return given.marked(given.other(RAILWAY_VARIABLES, "railway-router-variables", props), "sealed")


@pytest.fixture(params=TOKEN_VARIABLES)
def token(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(16)
    monkeypatch.setenv(request.param, value)
    return value


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("PULUMI_CONFIG", raising=False)
    return monkeypatch


@pytest.mark.parametrize("marks", [("sealed",), ("sealed.LITELLM_MASTER_KEY",)])
def test_sealed_and_marked_secrets_pass(marks: tuple[str, ...]) -> None:
    assert RULE.judge(given.marked(variables(), *marks)) == []


@pytest.mark.parametrize("sealed", [None, {}, Marker.UNKNOWN, {"A": Marker.UNKNOWN}])
def test_what_is_absent_or_not_there_yet_passes(sealed: object) -> None:
    assert RULE.judge(given.marked(variables(sealed=sealed))) == []


@pytest.mark.parametrize("marks", [(), ("sealed.OTHER",), ("variables.X",)])
def test_a_sealed_value_must_be_marked(marks: tuple[str, ...]) -> None:
    assert RULE.judge(given.marked(variables(), *marks)) == [
        (
            f"railway-router-variables.sealed.LITELLM_MASTER_KEY {PLACE}: must be marked as secret, "
            "got a plain value; seal it, and pass it as a secret"
        )
    ]


@pytest.mark.parametrize(
    ("readable", "got"),
    [
        ({"DB_PASSWORD": "x"}, "the name of a secret"),
        ({"ADDRESS": "redis://:x@cache"}, "a password in an address"),
    ],
)
def test_a_secret_that_everyone_may_read_is_refused(readable: given.Props, got: str) -> None:
    (found,) = RULE.judge(variables(variables=readable))
    assert found == (
        f"railway-router-variables.variables.{next(iter(readable))} {PLACE}: must be sealed, got {got}; "
        "seal it, and pass it as a secret"
    )


@pytest.mark.parametrize("mark", ["variables", "variables.PORT"])
def test_a_marked_value_that_everyone_may_read_is_refused(mark: str) -> None:
    (found,) = RULE.judge(given.marked(variables(), mark, "sealed"))
    assert "variables.PORT on an unnamed node: must be sealed, got a value that is marked as secret" in found


def test_readable_variables_may_be_references_and_unknown() -> None:
    readable = {"A_PASSWORD": "${{cache.PASSWORD}}", "B_KEY_FILE": "/x", "C": Marker.UNKNOWN}
    assert RULE.judge(variables(variables=readable)) == []
    assert RULE.judge(variables(variables=None)) == []


@pytest.mark.parametrize("field", ["variables", "sealed"])
@pytest.mark.parametrize("value", ["text", 1.0, [Marker.UNKNOWN]])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    (found,) = RULE.judge(variables(**{field: value}))
    assert f"{field} on an unnamed node: must be an object that is known at preview" in found


def test_unknown_variables_are_refused() -> None:
    (found,) = RULE.judge(variables(variables=Marker.UNKNOWN))
    assert "that is known at preview" in found


def test_the_token_itself_is_found_in_any_resource_and_not_shown(token: str) -> None:
    command = given.other(COMMAND, "x", {"create": "true", "triggers": [1.0, {"a": f"-{token}-"}]})
    assert RULE.judge(command) == [
        f"x.triggers {PLACE}: must not hold Railway's token, got the token itself; {REMOVE}"
    ]
    assert token not in "".join(RULE.judge(command))


@pytest.mark.parametrize(
    "props",
    [
        {"environment": {"RAILWAY_API_TOKEN": "x"}},
        {"environment": {"A": "export railway_token=x"}},
        {"environment": ["RAILWAY_PROJECT_TOKEN=x"]},
        {"environment": {"railway.api-token": Marker.UNKNOWN}},
    ],
)
def test_a_name_of_the_token_is_found_in_any_resource(props: given.Props) -> None:
    assert RULE.judge(given.other("any:index:Kind", "x", props)) == [
        f"x.environment {PLACE}: must not hold Railway's token, got its name; {REMOVE}"
    ]


@pytest.mark.parametrize("name", ["token", "api_token", "apiKey", "api_key"])
def test_a_resource_at_railway_has_no_property_for_it(name: str) -> None:
    (found,) = RULE.judge(given.other(f"{RAILWAY}Project", "x", {name: "y"}))
    assert f"x.{name} {PLACE}: must not hold Railway's token, got a property for it" in found
    assert RULE.judge(given.other("vault:index:Thing", "x", {name: "y"})) == []
    assert RULE.judge(given.other(f"{RAILWAY}Project", "x", {"values": {name: "y"}})) == []


def test_a_resource_without_it_passes(token: str) -> None:
    assert token
    assert RULE.judge(given.container()) == []


@pytest.mark.parametrize(
    "config",
    [
        {"aiswarm:railway_token": "x"},
        {"aiswarm:railway": json.dumps({"RAILWAY_API_TOKEN": "x"})},
        {"aiswarm:railway": json.dumps([{"railway-token": "x"}])},
    ],
)
def test_the_token_is_found_in_the_configuration(
    config: dict[str, str], configured: pytest.MonkeyPatch
) -> None:
    configured.setenv("PULUMI_CONFIG", json.dumps(config))
    (found,) = RULE.judge(given.other(STACK, "aiswarm-prod", {}))
    assert found == (
        f"aiswarm-prod.config[{next(iter(config))}] {PLACE}: must not hold Railway's token, got its name or "
        "the token itself; remove it, and set RAILWAY_API_TOKEN in the environment"
    )


def test_its_value_is_found_in_the_configuration(token: str, configured: pytest.MonkeyPatch) -> None:
    configured.setenv("PULUMI_CONFIG", json.dumps({"aiswarm:x": f"a {token}"}))
    (found,) = RULE.judge(given.other(STACK, "aiswarm-prod", {}))
    assert "config[aiswarm:x]" in found
    assert token not in found


@pytest.mark.parametrize("config", [None, {"aiswarm:railway": '{"enabled": true}', "aiswarm:tokens": "1"}])
def test_another_configuration_passes(config: object, configured: pytest.MonkeyPatch) -> None:
    if config:
        configured.setenv("PULUMI_CONFIG", json.dumps(config))
    assert RULE.judge(given.other(STACK, "aiswarm-prod", {})) == []
