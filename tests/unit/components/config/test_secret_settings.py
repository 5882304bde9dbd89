"""What an operator reads when keys, epochs or the server of secrets are set wrongly; no key is ever shown."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.config.errors import SettingsError
from components.config.load import PLAIN_KEYS, SECRET_KEYS, parse
from components.model.external_keys import EXTERNAL_KEYS
from components.model.forms import is_key_text
from tests.unit.components.stacks import ROOT, STACKS, raw, settings

KEYS = (
    "openrouter_api_key, gemini_api_key, gemini_alternate_api_key, brave_api_key, perplexity_api_key, "
    "qdrant_api_key, alert_webhook_url, "
    "huggingface_token"
)
PEM = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n"
MODEL = {
    "model": "a/b",
    "dollars_per_day": 3,
    "input_dollars_per_million": 0.5,
    "output_dollars_per_million": 0.5,
}


def refusal(raw_values: dict[str, str], encrypted: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse(raw_values, encrypted=encrypted)
    return [str(problem) for problem in caught.value.problems]


NOT_POSITIVE = "must be greater than 0"

WRONG = [
    ({"vault__generation": 0}, f"aiswarm:vault.generation: {NOT_POSITIVE}, got 0"),
    ({"vault__generation": "2"}, "aiswarm:vault.generation: must be a whole number, got '2'"),
    ({"vault__generation": True}, "aiswarm:vault.generation: must be a whole number, got True"),
    (
        {"vault__ca": PEM},
        "aiswarm:vault.ca: must be a known key, got 'ca'; remove it or correct its spelling",
    ),
    *(
        (
            {f"vault__{name}": text},
            f"aiswarm:vault.{name}: must be certificates as PEM text, and nothing else, got something else",
        )
        for name in ("ca_certificate", "certificate")
        for text in ("vault.pem", PEM.replace("CERTIFICATE", "PRIVATE KEY"), f"{PEM}and more")
    ),
    ({"epochs": ["redis-password"]}, "aiswarm:epochs: must be an object, got a list"),
    ({"epochs": {"redis-password": 0}}, f"aiswarm:epochs.redis-password: {NOT_POSITIVE}, got 0"),
    ({"epochs": {"redis-password": 1.5}}, "aiswarm:epochs.redis-password: must be a whole number, got 1.5"),
    (
        {"keys_in_vault": {"gemini_api_key": 0}},
        f"aiswarm:keys_in_vault.gemini_api_key: {NOT_POSITIVE}, got 0",
    ),
    (
        {"remote": {"openai": MODEL}},
        "aiswarm:remote.openai: must be a known key, got 'openai'; remove it or correct its spelling",
    ),
    *(
        ({"remote": {"gemini": {**MODEL, name: 0}}}, f"aiswarm:remote.gemini.{name}: {NOT_POSITIVE}, got 0")
        for name in ("dollars_per_day", "input_dollars_per_million", "output_dollars_per_million")
    ),
    (
        {"remote": {"gemini": {**MODEL, "dollars_per_day": 1001}}},
        "aiswarm:remote.gemini.dollars_per_day: must be less than or equal to 1000, got 1001",
    ),
    *(
        (
            {"remote": {"openrouter": {**MODEL, "model": name}}},
            (
                "aiswarm:remote.openrouter.model: must be a provider's name of a model, like "
                f"mistralai/mixtral-8x7b-instruct, got {name!r}"
            ),
        )
        for name in ("", "two words", "*", "-x", "a\n")
    ),
    *(
        (
            {"remote": {"gemini": {key: value for key, value in MODEL.items() if key != left_out}}},
            f"aiswarm:remote.gemini.{left_out}: must be given",
        )
        for left_out in MODEL
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_value_is_named_with_its_path(changes: dict[str, object], message: str) -> None:
    assert refusal(raw("prod", **changes)) == [message]


TRANSIT = {"address": "https://transit:8200", "key_name": "swarm"}
HIDDEN = "-----BEGIN PRIVATE KEY-----\nnot-to-be-shown\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "changes",
    [
        {"vault__certificate": PEM + HIDDEN},
        {"vault__ca_certificate": PEM + HIDDEN},
        {"vault__certificate": [PEM, HIDDEN]},
        {"vault": {"product": "vault", "transit": {**TRANSIT, "ca_certificate": PEM + HIDDEN}}},
        {"vault": PEM + HIDDEN},
        {"vault": [PEM, HIDDEN]},
        {"vault__generation": {"key": HIDDEN}},
        {"nodes__oracle__address": HIDDEN},
    ],
)
def test_a_private_key_in_a_wrong_place_is_never_shown(changes: dict[str, object]) -> None:
    (problem,) = refusal(raw("prod", **changes))
    assert "not-to-be-shown" not in problem
    assert problem.startswith("aiswarm:")


@pytest.mark.parametrize(
    "value", [HIDDEN, "not-to-be-shown", json.dumps("not-to-be-shown"), '{"not-to-be-shown"']
)
def test_a_section_that_is_none_is_not_shown_when_it_is_encrypted(value: str) -> None:
    problems = refusal({**raw("prod"), "vault": value}, encrypted=("vault",))
    assert problems == ["aiswarm:vault: must be an object, got something else"]


def test_text_in_place_of_a_section_is_not_shown() -> None:
    """It may be a token that belongs to another key."""
    assert refusal({**raw("prod"), "railway": "not-to-be-shown"}) == [
        "aiswarm:railway: must be an object, got something else"
    ]


def test_of_a_long_value_only_its_length_is_shown() -> None:
    assert refusal(raw("prod", vault__product="x" * 61)) == [
        "aiswarm:vault.product: must be 'openbao' or 'vault', got text of 61 characters"
    ]


def test_an_unknown_key_in_vault_is_refused_with_those_that_there_are() -> None:
    assert refusal(raw("prod", keys_in_vault={"openai_api_key": 1})) == [
        f"aiswarm:keys_in_vault.openai_api_key: must be one of the keys {KEYS}, got 'openai_api_key'"
    ]


def test_certificates_may_come_as_a_chain() -> None:
    vault = settings("prod", vault__certificate=PEM + PEM, vault__ca_certificate=PEM).vault
    assert vault.certificate == PEM + PEM


@pytest.mark.parametrize(
    "value",
    [
        "not-shown\n",
        "\nnot-shown",
        "not shown",
        "not-shown\r",
        "not-\tshown",
        "not-\x7fshown",
        "not-\x00shown",
        "not-shöwn",
        " ",
        "not-shown" * 500,
    ],
)
def test_an_external_key_that_would_break_a_header_is_refused_and_not_shown(value: str) -> None:
    values = {**raw("prod"), "brave_api_key": value}
    assert refusal(values, encrypted=("brave_api_key",)) == [
        (
            "aiswarm:brave_api_key: must be printable ASCII without spaces, at most 4096 characters, and no "
            'newline at the end either, got something else; printf %s "$KEY" | pulumi config set --secret '
            "aiswarm:brave_api_key"
        )
    ]


@given(text=st.text())
def test_exactly_words_of_printable_characters_can_be_keys(text: str) -> None:
    assert is_key_text(text) == (text != "" and all("!" <= letter <= "~" for letter in text))


def test_a_key_of_the_greatest_length_passes() -> None:
    assert is_key_text("x" * 4096)
    assert not is_key_text("x" * 4097)


@pytest.mark.parametrize("key", ["vault_private_key", *EXTERNAL_KEYS])
def test_a_secret_must_be_encrypted_and_is_never_shown(key: str) -> None:
    values = {**raw("prod"), key: "not-to-be-shown"}
    assert refusal(values) == [
        f"aiswarm:{key}: must be encrypted; make it anew, and set it with `pulumi config set --secret`"
    ]
    assert parse(values, encrypted=[key]).keys_in_stack == ((key,) if key in EXTERNAL_KEYS else ())


def test_the_keys_of_the_stack_file_are_found_in_a_fixed_order() -> None:
    names = list(EXTERNAL_KEYS)
    values = {**raw("prod"), **dict.fromkeys(reversed(names), "key")}
    assert parse(values, encrypted=names).keys_in_stack == tuple(names)
    assert parse({**raw("prod"), "brave_api_key": ""}).keys_in_stack == ()


def test_which_keys_there_are_cannot_be_claimed() -> None:
    """The stack file shows it by holding them."""
    values = {**raw("prod"), "keys_in_stack": json.dumps(["gemini_api_key"])}
    (problem,) = refusal(values)
    assert problem.startswith("aiswarm:keys_in_stack: must be a known key, got 'keys_in_stack'")


def test_all_secret_problems_come_at_once_and_without_values() -> None:
    values = {
        **raw("prod", vault__generation=0),
        "vault_private_key": "not-to-be-shown",
        "gemini_api_key": "not to be shown",
    }
    problems = refusal(values)
    assert [problem.partition(":")[2].partition(":")[0] for problem in problems] == [
        "gemini_api_key",
        "gemini_api_key",
        "vault.generation",
        "vault_private_key",
    ]
    assert "shown" not in " ".join(problems)


@pytest.mark.parametrize("stack", STACKS)
def test_without_a_word_about_secrets_everything_is_as_at_the_beginning(stack: str) -> None:
    found = settings(stack)
    assert (found.vault.generation, found.epochs, found.keys_in_vault, found.keys_in_stack) == (1, {}, {}, ())


def test_the_project_file_describes_every_key() -> None:
    """Pulumi shows these descriptions, and knows by them which keys there are."""
    described = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    assert {key.removeprefix("aiswarm:") for key in described if key.startswith("aiswarm:")} == {
        *PLAIN_KEYS,
        *SECRET_KEYS,
    }
    assert all(item["description"] for key, item in described.items() if key.startswith("aiswarm:"))
