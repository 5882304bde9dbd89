"""No message shows what may be secret, whatever fires: planted values never come out again."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator, Sequence

import pytest

from policy.rules.support.assembly import every_rule
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from policy.rules.support.rule import AnyRule, ResourceRule, StackRule
from tests.policy import given
from tests.policy.mutations import Mutation, every_mutation
from tests.policy.recorded import WITH_RAILWAY, Recorded, stack

CANARY = f"canary{secrets.token_hex(12)}"
FORMS = {
    "random text": CANARY,
    "address": f"redis://:{CANARY}@host:6379/0",
    "key of a service": f"sk-{CANARY}",
    "private key": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n",
    "assignment": f"REDIS_PASSWORD={CANARY}",
    "option": f"--requirepass {CANARY}",
}
"""Texts as rules on secrets know them, and others."""

MAY_BE_SECRET = frozenset(
    {
        *("envs", "command", "entrypoints", "healthcheck", "labels", "uploads", "logOpts", "hosts"),
        *("create", "update", "delete", "stdin", "environment", "triggers", "connection"),
        *("dataJson", "data", "secretId", "roleId", "token", "authLogin", "registryAuth", "sshOpts"),
        "user",
        *("variables", "sealed", "start_command", "domainname", "hostname", "options", "policy", "metadata"),
    }
)
"""Inputs, of any type, whose values no message may show."""

SHAPES = {
    "text": lambda text: text,
    "list": lambda text: [text],
    "object": lambda text: {"name": text, "value": text},
    "list of objects": lambda text: [{"name": text, "label": text, "value": text, "content": text}],
    "list of lists": lambda text: [[text]],
}


def planted(found: Recorded, text: str) -> Recorded:
    """A resource in which every text that may be secret is another; names and the swarm's own labels stay."""

    def edit(inputs: given.Props) -> None:
        for key in inputs.keys() & MAY_BE_SECRET:
            inputs[key] = plant(copy.deepcopy(inputs[key]), text)

    return found.edited(edit)


def plant(value: object, text: str) -> object:
    """The same with other texts; of `NAME=value` the name is kept, because messages may say it."""
    if isinstance(value, str):
        name, assigned, _ = value.partition("=")
        return f"{name}={text}" if assigned and name.replace("_", "").isalnum() else text
    if isinstance(value, list):
        return [plant(item, text) for item in value]
    if isinstance(value, dict):
        if str(value.get("label", "")).startswith("aiswarm."):
            return value
        kept = {"label", "name", "file", "permissions", "max-size", "max-file"}
        return {key: item if key in kept else plant(item, text) for key, item in value.items()}
    return value


def reshaped(found: Recorded, field: str, value: object) -> Recorded:
    """A resource with one input of another shape."""

    def edit(inputs: given.Props) -> None:
        inputs[field] = value

    return found.edited(edit)


def messages(rules: Sequence[AnyRule], resources: Sequence[Resource]) -> Iterator[str]:
    """Everything that the rules say."""
    for rule in rules:
        if isinstance(rule, StackRule):
            try:
                yield from (str(problem) for _, problem in rule.check(resources))
            except UnreadableError as error:
                yield f"{error.field} {error.expected} {error.got} {error.fix}"
        elif isinstance(rule, ResourceRule):
            yield from (
                line for resource in resources if rule.judges(resource.type) for line in rule.judge(resource)
            )


def said(resources: Sequence[Recorded]) -> list[str]:
    """The same of a whole stack."""
    return list(messages(every_rule(), [found.resource for found in resources]))


@pytest.mark.parametrize("form", FORMS)
def test_what_may_be_secret_is_not_shown(form: str) -> None:
    lines = said([planted(found, FORMS[form]) for found in stack(WITH_RAILWAY)])
    assert any("SEC-" in rule.id for rule in every_rule())
    assert len(lines) > len(said(stack(WITH_RAILWAY)))
    assert [line for line in lines if CANARY in line] == []


@pytest.mark.parametrize("mutation", every_mutation(), ids=lambda mutation: mutation.id)
def test_nor_when_another_rule_fires_as_well(mutation: Mutation) -> None:
    edited = [
        planted(mutation.of(found), CANARY) if mutation.is_meant(found) else found
        for found in stack(mutation.stack)
    ]
    assert [line for line in said(edited) if CANARY in line] == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("field", sorted(MAY_BE_SECRET))
def test_nor_when_it_has_a_shape_that_nobody_expects(field: str, shape: str) -> None:
    value = SHAPES[shape](CANARY)  # type: ignore[no-untyped-call]  # a table of functions
    one_a_type = {found.resource.type: found for found in stack(WITH_RAILWAY)}
    edited = [reshaped(found, field, value) for found in one_a_type.values()]
    assert [line for line in said(edited) if CANARY in line] == []


def test_the_search_finds_what_is_shown() -> None:
    """A canary where messages do show values: without this, the tests above could not fail."""
    shown = [
        reshaped(found, "name", CANARY) for found in stack("prod") if found.resource.name == "oracle-redis"
    ]
    assert [line for line in said(shown) if CANARY in line]
