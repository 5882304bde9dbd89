"""Which values the tools know, given what the engine prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops import secret_values
from ops.secret_values import known_secrets
from ops.stack import EngineError

WORD = "random:index/randomPassword:RandomPassword"
BYTES = "random:index/randomBytes:RandomBytes"
LONG = "a" * 32
HEX = "0f" * 32


def secret(text: str) -> dict[str, str]:
    """A secret output as `stack export --show-secrets` prints it."""
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(text),
    }


def resource(name: str, kind: str = WORD, **more: object) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:x::aiswarm::aiswarm:index:Secrets${kind}::{name}", "type": kind, **more}


def engine(
    monkeypatch: pytest.MonkeyPatch, *resources: dict[str, Any], config: dict[str, Any] | None = None
) -> None:
    """An engine with these resources and this configuration."""

    def pulumi(*arguments: str) -> str:
        assert arguments[-2:] == ("--stack", "x")
        assert "--show-secrets" in arguments
        if arguments[:2] == ("stack", "export"):
            return json.dumps({"deployment": {"resources": [*resources]} if resources else {}})
        return json.dumps(config or {})

    monkeypatch.setattr(secret_values, "pulumi", pulumi)


def test_generated_and_configured_values(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(
        monkeypatch,
        resource("secrets-redis-password", outputs={"result": secret(LONG), "bcryptHash": secret("$2a$")}),
        resource("secrets-vault-seal-k1", BYTES, outputs={"hex": secret(HEX), "base64": secret("Dw8P")}),
        resource("default_4_21_4", "pulumi:providers:random", outputs={"version": "4.21.4"}),
        config={
            "aiswarm:vault_private_key": {"value": "first line\nsecond line", "secret": True},
            "aiswarm:gateway": {"value": '{"workers":1}', "secret": False},
            "aiswarm:gemini_api_key": {"value": "", "secret": True},
        },
    )

    assert known_secrets("x") == {
        "redis-password": LONG,
        "vault-seal-k1": HEX,
        "vault_private_key": "first line\nsecond line",
    }


def test_secrets_of_other_programs_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(
        monkeypatch,
        config={
            "aws:secretKey": {"value": LONG, "secret": True},
            "aiswarm-of-others:token": {"value": LONG, "secret": True},
            "aiswarm:brave_api_key": {"value": HEX, "secret": True},
        },
    )

    assert known_secrets("x") == {"brave_api_key": HEX}


def test_a_state_that_is_not_encrypted_gives_its_values_too(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(monkeypatch, resource("secrets-engine-key", outputs={"result": LONG}))

    assert known_secrets("x") == {"engine-key": LONG}


def test_the_value_in_use_wins_over_the_one_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(
        monkeypatch,
        resource("secrets-engine-key", outputs={"result": secret(LONG)}),
        resource("secrets-engine-key", outputs={"result": secret("b" * 32)}, delete=True),
    )

    assert known_secrets("x") == {"engine-key": LONG}


def test_a_short_value_is_left_out_with_a_warning_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine(monkeypatch, config={"aiswarm:huggingface_token": {"value": "sesame7", "secret": True}})

    assert known_secrets("x") == {}
    warning = capsys.readouterr().err
    assert warning.startswith("huggingface_token: must have 8 characters or more")
    assert "sesame7" not in warning


def test_a_value_that_the_engine_does_not_show_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}
    engine(monkeypatch, resource("secrets-engine-key", outputs={"result": hidden}))

    with pytest.raises(EngineError, match=r"^engine-key: must have a value in the state, got none"):
        known_secrets("x")


def test_a_stack_without_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    engine(monkeypatch)

    assert known_secrets("x") == {}
