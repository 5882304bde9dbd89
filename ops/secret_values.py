"""The secret values of a stack by name, for tools that look for them, change them or keep them safe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.catalogue.vault import PULUMI_ID
from components.config.settings import NAMESPACE
from ops.stack import EngineError, Stack, pulumi

SHORTEST = 8
"""Characters. A shorter text turns up in other people's data by chance, so finding it would say nothing."""

_FIELDS = {
    "random:index/randomPassword:RandomPassword": "result",
    "random:index/randomBytes:RandomBytes": "hex",
}
"""The output that holds the value, by type of resource."""

_SECRET_SIGN = "4dabf18193072939515e22adb298388d"  # noqa: S105 - says that a value is one (pulumi, resource.Sig)

_PREFIX = "secrets-"
"""What the program puts before the name of a secret to name its resource."""


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - plain text, whatever the terminal


def known_secrets(stack_name: str, *, warn: Callable[[str], None] = _to_stderr) -> Mapping[str, str]:
    """Every value that the engine knows: generated ones from the state, the operator's from the stack file.

    Names are those of `SecretRef`. Secrets of other namespaces than the program's are left out: they
    belong to providers and people, and are none of the nodes' business. What stands in the Vault server alone
    is not among them either: not even the program's own login may read that.

    Args:
        warn: Takes a line for each value that is left out because it is shorter than `SHORTEST`.

    Raises:
        EngineError: The engine does not know the stack or cannot decrypt it.
    """
    state = json.loads(pulumi("stack", "export", "--show-secrets", "--stack", stack_name))
    config = json.loads(pulumi("config", "--show-secrets", "--json", "--stack", stack_name))
    found = {**dict(_generated(state)), **dict(_configured(config))}
    for name in [name for name, value in found.items() if len(value) < SHORTEST]:
        del found[name]
        warn(f"{name}: must have {SHORTEST} characters or more to be looked for; left out")
    return dict(sorted(found.items()))


def login_epoch(stack: Stack) -> int:
    """Which of the program's own logins is in use, counted from 1."""
    return stack.settings.epochs.get(PULUMI_ID, 1)


def login_name(epoch: int) -> str:
    """Name of the program's own login of an epoch; the state has the present one and the one before."""
    return f"{PULUMI_ID}-e{epoch}"


def _generated(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for resource in state["deployment"].get("resources") or []:
        field = _FIELDS.get(resource["type"])
        # What waits for its removal has a successor of the same name, whose value is the one in use.
        if field is None or resource.get("delete"):
            continue
        name = resource["urn"].rpartition("::")[2].removeprefix(_PREFIX)
        yield name, shown(name, resource.get("outputs", {}).get(field))


def shown(name: str, value: object) -> str:
    """A text of the state; a secret one stands as JSON beside the sign that marks it.

    Raises:
        EngineError: The engine did not show it; `name` says which.
    """
    if isinstance(value, dict) and _SECRET_SIGN in value:
        value = json.loads(value.get("plaintext", "null"))
    if not isinstance(value, str):
        raise EngineError(f"{name}: must have a value in the state, got none; pulumi up")
    return value


def _configured(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, item in config.items():
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE and item.get("secret") and item.get("value"):
            yield name, str(item["value"])
