"""From the stack's configuration to settings; every problem is reported in one error.

The stack file is the only input: no environment variable and no file is read here, so the same stack file
gives the same deployment on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

import pulumi.runtime.config
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from components.config.errors import SettingsError, refuse
from components.config.settings import NAMESPACE, Settings
from components.model.external_keys import EXTERNAL_KEYS
from components.model.forms import KEY_TEXT, SERVER_TOKEN, is_key_text, is_server_token
from components.model.problems import Problem

PLAIN_KEYS = (
    "epochs",
    "gateway",
    "images",
    "keys_in_vault",
    "limits",
    "models",
    "nodes",
    "optional",
    "railway",
    "remote",
    "tailnet",
    "vault",
)
_TRANSIT_TOKEN = "vault_transit_token"  # noqa: S105 - the name of a key
_ENCRYPTED_KEYS = ("tls_private_key", "vault_private_key", _TRANSIT_TOKEN, *EXTERNAL_KEYS)
SECRET_KEYS = ("tls_certificate", *_ENCRYPTED_KEYS)
"""Read by the deploy layer alone, as outputs that stay encrypted."""


def load() -> Settings:
    """Read and check the configuration of the stack that this program runs for.

    Raises:
        SettingsError: Any key is unknown, missing or holds a value of another shape.
    """
    config = pulumi.runtime.config
    prefix = f"{NAMESPACE}:"
    # pulumi.Config cannot list its keys, and a misspelt key that nobody asks for would go unnoticed.
    everything = {**config.get_config_env(), **config.CONFIG.get()}
    ours = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    listed = config.get_config_secret_keys_env()
    return parse(
        ours,
        encrypted=[key for key in ours if prefix + key in listed or config.is_config_secret(prefix + key)],
    )


def parse(raw: Mapping[str, str], *, encrypted: Collection[str] = ()) -> Settings:
    """Check the values of our namespace as the engine hands them over: objects as JSON text.

    The project file cannot demand that the private key is encrypted: the engine would then refuse every
    stack that has none, and a preview needs none. So it is demanded here.

    Raises:
        SettingsError: As for `load`.
    """
    problems = [_unknown_key(key) for key in raw if key not in (*PLAIN_KEYS, *SECRET_KEYS)]
    problems += _problems_of_secrets(raw, encrypted)
    values: dict[str, object] = {"keys_in_stack": [key for key in EXTERNAL_KEYS if raw.get(key)]}
    for key in PLAIN_KEYS:
        if key in raw:
            try:
                values[key] = json.loads(raw[key])
            except json.JSONDecodeError:
                problems.append(Problem(f"{NAMESPACE}:{key}", "must be an object", "something else"))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        broken = {problem.path for problem in problems}
        found = [_problem(item, encrypted) for item in error.errors(include_url=False)]
        raise SettingsError([*problems, *(item for item in found if item.path not in broken)]) from None
    refuse([*problems, *_problems_of_token(raw.get(_TRANSIT_TOKEN, ""), settings)])
    return settings


def _problems_of_secrets(raw: Mapping[str, str], encrypted: Collection[str]) -> Iterator[Problem]:
    """What is wrong with secret values; none of them is ever shown."""
    for key in _ENCRYPTED_KEYS:
        if raw.get(key) and key not in encrypted:
            fix = "make it anew, and set it with `pulumi config set --secret`"
            yield Problem(f"{NAMESPACE}:{key}", "must be encrypted", fix=fix)
    for key in EXTERNAL_KEYS:
        if raw.get(key) and not is_key_text(raw[key]):
            fix = f'printf %s "$KEY" | pulumi config set --secret {NAMESPACE}:{key}'
            yield Problem(f"{NAMESPACE}:{key}", KEY_TEXT, "something else", fix)


def _problems_of_token(token: str, settings: Settings) -> Iterator[Problem]:
    """What is wrong with the token of the server's seal; that it must be there is asked by `up` alone."""
    key = f"{NAMESPACE}:{_TRANSIT_TOKEN}"
    if token and settings.vault.product == "openbao":
        yield Problem(key, "must be set for HashiCorp Vault only", fix=f"`pulumi config rm {key}`")
    elif token and not is_server_token(token):
        fix = f'printf %s "$TOKEN" | pulumi config set --secret {key}'
        yield Problem(key, SERVER_TOKEN, "something else", fix)


def _unknown_key(key: str) -> Problem:
    known = ", ".join((*PLAIN_KEYS, *SECRET_KEYS))
    return Problem(f"{NAMESPACE}:{key}", "must be a known key", repr(key), f"known are {known}")


def _problem(item: ErrorDetails, encrypted: Collection[str]) -> Problem:
    """Translate one of pydantic's errors into our form, with the path in the stack file's terms."""
    steps = [str(step) for step in item["loc"] if step != _BY_KEY]
    path = f"{NAMESPACE}:" + ".".join(steps)
    hidden = steps[0] in encrypted or steps[-1] in _NEVER_SHOWN
    got = "something else" if hidden else _kind_or_text(item["input"])
    if item["type"] == "extra_forbidden":
        return Problem(
            path, "must be a known key", repr(item["loc"][-1]), "remove it or correct its spelling"
        )
    if item["type"] == "missing":
        return Problem(path, "must be given")
    return Problem(path, _EXPECTED.get(item["type"], _rephrase(item["msg"])), got)


def _kind_or_text(value: object) -> str:
    """The value itself if it is short and single; of any other the kind: it may hold a key by mistake."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str() if len(value) > _LONGEST_SHOWN:
            return f"text of {len(value)} characters"
        case _:
            return repr(value)


_NEVER_SHOWN = ("ca_certificate", "certificate")
"""Whoever has certificate and key in one file is likely to paste both."""

_LONGEST_SHOWN = 60
"""Characters; tokens of most services are longer."""

_BY_KEY = "[key]"
"""Step in pydantic's path to what is wrong with a key itself; the step before it is that key."""

_EXPECTED = {
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "tuple_type": "must be a list",
    "mapping_type": "must be an object",
    "dict_type": "must be an object",
    "ip_v4_address": "must be an IPv4 address",
    "ip_v4_network": "must be an IPv4 network like 172.20.1.0/24",
}


def _rephrase(message: str) -> str:
    text = message.removeprefix("Input should be ").removeprefix("Value error, ")
    return f"must be {text}" if text != message else message
