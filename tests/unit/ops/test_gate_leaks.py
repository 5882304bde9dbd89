"""A secret that shows is found, and shown no further."""

from __future__ import annotations

import base64
import json
import secrets
from functools import partial

import pytest

from ops.gate import leaks
from ops.gate.masks import quotable
from tests.unit.ops import streams
from tests.unit.ops.gate_samples import refusals, verdict
from tests.unit.ops.streams import Event


@pytest.mark.parametrize("form", ["plain", "base64", "json"])
def test_a_canary_is_found_in_every_form_and_shown_in_none(form: str) -> None:
    secret = secrets.token_urlsafe(24) + '"<&'
    written = {
        "plain": secret,
        "base64": base64.b64encode(f"x:{secret}".encode()).decode(),
        "json": json.dumps(secret),
    }
    event = {"diagnosticEvent": {"severity": "info", "message": f"token {written[form]}", "color": "never"}}
    wanted = leaks.canaries(f"\n{secret}\n")

    found = leaks.search(["{}", json.dumps(event)], wanted)

    assert found.findings
    assert {each.rule.id for each in found.findings} == {"SEC-005"}
    assert all(
        each.message.startswith("line 2: must show no secret, got the secret on line 2")
        for each in found.findings
    )
    shown = "".join((*found.lines, *(each.message for each in found.findings)))
    assert secret not in shown
    assert not leaks.search(found.lines, wanted).findings


def test_a_stream_without_the_canary_passes() -> None:
    lines = streams.lines("quiet")

    found = leaks.search(lines, leaks.canaries(secrets.token_hex(16)))

    assert found.findings == ()
    assert list(found.lines) == lines


@pytest.mark.parametrize("text", ["", "\n \n", "short\n", f"{'long enough'}\nshort"])
def test_a_canary_that_could_be_anything_is_no_canary(text: str) -> None:
    with pytest.raises(
        ValueError, match="must hold secrets of at least 8 characters, one a line, got"
    ) as caught:
        leaks.canaries(text)

    assert "short" not in str(caught.value).replace("a shorter one", "")


def outputs(shown: Event, kind: str, event: Event) -> Event:
    if kind != "resOutputsEvent":
        return event
    metadata = event["metadata"]
    new = {**metadata["new"], "outputs": {**metadata["new"]["outputs"], **shown}}
    return {**event, "metadata": {**metadata, "new": new}}


@pytest.mark.parametrize(
    "name",
    [
        "chat_key",
        "operator_password",
        "vault_secret_id",
        "railway-token",
        "apiKeys",
        "dbPasswords",
        "accessTokens",
        "vaultSecretID",
        "APIKey",
        "apikey",
    ],
)
def test_an_output_that_is_secret_by_its_name_must_be_hidden(name: str) -> None:
    value = secrets.token_hex(8)

    found = verdict(streams.changed("quiet", partial(outputs, {name: value})))

    assert refusals(found) == [
        f"SEC-005 output {name}: must show no secret, got its value; replace it, since it has been shown"
    ]
    assert found.status == 11
    assert value not in repr(found)


def test_a_secret_inside_an_output_must_be_hidden_too() -> None:
    shown = {"redis": {"port": "6379", "userPasswords": {"default": secrets.token_hex(8)}}}

    (message,) = refusals(verdict(streams.changed("quiet", partial(outputs, shown))))

    assert message.startswith("SEC-005 output redis.userPasswords: must show no secret")


@pytest.mark.parametrize("name", ["monkeys", "keyboard", "chat_url", "tokens_per_second", "secretary"])
def test_an_output_whose_name_only_holds_such_a_word_passes(name: str) -> None:
    assert verdict(streams.changed("quiet", partial(outputs, {name: "x"}))).status == 0


@pytest.mark.parametrize(
    "text",
    [
        "no login: password={}",
        "no login: dbPasswords: {}, trying again",
        'answer: {{"api_key":"{}"}}',
        "authorization: Bearer {}",
        "cannot reach postgres://swarm:{}@10.0.0.1/db",
        "-----BEGIN PRIVATE KEY-----\n{}",
        "the environment's {}",
    ],
)
@pytest.mark.parametrize("kind", ["errorEvent", "diagnosticEvent"])
def test_what_the_engine_says_is_quoted_without_secrets(
    kind: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = secrets.token_hex(12)
    if text.startswith("the environment"):
        monkeypatch.setenv("SOME_ACCESS_TOKEN", value)
    said = text.format(value)
    events = {
        "errorEvent": {"error": said},
        "diagnosticEvent": {"severity": "error", "message": said, "color": "never"},
    }

    def failed(name: str, event: Event) -> Event:
        return {**event, "result": "failed"} if name == "summaryEvent" else event

    found = verdict([json.dumps({kind: events[kind]}), *streams.changed("quiet", failed)])

    assert value not in repr(found)
    assert "***" in " ".join(refusals(found))


def test_what_an_error_of_our_own_says_is_quoted_whole() -> None:
    said = "aiswarm:gateway.master_key: must be a secret, got plain text; pulumi config set --secret"

    assert quotable(said) == said


def test_outputs_that_are_hidden_or_not_known_yet_pass() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

    assert verdict(streams.changed("quiet", partial(outputs, {"new_token": unknown}))).status == 0
