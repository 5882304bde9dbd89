"""`./swarm keys` on a real OpenBao, with a stand-in for the stack file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
import typer
from hvac import exceptions
from typer.testing import CliRunner, Result

from components.catalogue.keys import EXTERNAL_KEYS
from components.model.forms import KEY_TEXT
from components.model.vault import node_role
from components.render.openbao import EXTERNAL_FIELD, MOUNT, external_path, node_policy
from lab import environment, paths
from ops import configuration, stack
from ops.keys import commands
from ops.keys.commands import keys_app
from ops.keys.external import KeysError
from ops.stack import EngineError, Stack
from tests.unit.ops.vault_server import Server

NAME = "brave_api_key"
USED = "openrouter_api_key"
VALUE = "sk-" + "0123456789abcdef" * 2


@dataclass
class Operator:
    """Someone at the command line: the stack as the engine has it, and what was changed in its file."""

    server: Server
    committed: Stack
    in_vault: dict[str, int] = field(default_factory=dict)
    in_stack: tuple[str, ...] = ()
    changes: list[tuple[object, ...]] = field(default_factory=list)
    engine_refuses: bool = False

    def read(self, _: str) -> Stack:
        """The stack as it is configured now."""
        return self.server.stack(
            self.committed, keys_in_vault=dict(self.in_vault), keys_in_stack=self.in_stack
        )

    def set_count(self, _: str, section: str, name: str, count: int) -> None:
        """Change the stack file."""
        if self.engine_refuses:
            raise EngineError("error: the file is read-only")
        self.changes.append((section, name, count))
        self.in_vault[name] = count

    def remove_count(self, _: str, section: str, name: str) -> None:
        """Change the stack file."""
        self.changes.append((section, name))
        del self.in_vault[name]

    def keys(self, *arguments: str, piped: str | bytes = "") -> Result:
        """Type a command."""
        return CliRunner().invoke(keys_app, list(arguments), input=piped, env={"COLUMNS": "200"})

    def stored(self, name: str = NAME) -> str | None:
        """The value in the server, None if there is none."""
        client = self.server.client()
        with client.session:
            try:
                read = client.secrets.kv.v2.read_secret_version(
                    external_path(name), mount_point=MOUNT, raise_on_deleted_version=True
                )
            except exceptions.InvalidPath:
                return None
            return str(read["data"]["data"][EXTERNAL_FIELD])


@pytest.fixture
def operator(vault_server: Server, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Operator:
    someone = Operator(vault_server, lab_stack)
    monkeypatch.setattr(environment, "activate", lambda: None)
    monkeypatch.setattr(stack, "read", someone.read)
    monkeypatch.setattr(configuration, "set_count", someone.set_count)
    monkeypatch.setattr(configuration, "remove_count", someone.remove_count)
    monkeypatch.chdir(paths.REPO)
    client = vault_server.client()
    with client.session:
        for name in EXTERNAL_KEYS:
            client.secrets.kv.v2.delete_metadata_and_all_versions(external_path(name), mount_point=MOUNT)
    return someone


def test_a_key_is_stored_then_counted_and_who_will_use_it_is_told(operator: Operator) -> None:
    result = operator.keys("set", USED, piped=VALUE)

    assert (result.exit_code, operator.stored(USED)) == (0, VALUE)
    assert operator.changes == [("keys_in_vault", USED, 1)]
    assert "set 1 time; nothing was deployed" in result.stdout
    assert "next `pulumi up --stack lab` on, by: oracle-litellm" in result.stdout
    assert VALUE not in result.output


def test_a_key_set_again_is_counted_again(operator: Operator) -> None:
    operator.keys("set", NAME, piped=VALUE)

    result = operator.keys("set", NAME, piped="another")

    assert (result.exit_code, operator.stored()) == (0, "another")
    assert operator.in_vault == {NAME: 2}


def test_a_count_never_falls_back_to_one_that_is_deployed(operator: Operator) -> None:
    operator.keys("set", NAME, piped=VALUE)
    operator.in_vault.clear()  # removed from the file, while the value stayed until the next `up`

    operator.keys("set", NAME, piped="another")

    assert operator.in_vault == {NAME: 2}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", f"{KEY_TEXT}, got nothing"),
        ("\n", f"{KEY_TEXT}, got nothing"),
        (f"{VALUE}\n", f'got a newline; printf %s "$KEY" | ./swarm keys set {NAME}'),
        (f"{VALUE}\r\n", f"{KEY_TEXT}, got a newline"),
        ("two words", f"{KEY_TEXT}, got spaces, control characters or others"),
        (f"{VALUE}\x07", f"{KEY_TEXT}, got spaces, control characters or others"),
        ("clé", f"{KEY_TEXT}, got spaces, control characters or others"),
        ("a" * 4097, f"{KEY_TEXT}, got 4097 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_key_is_refused_and_not_repeated(
    operator: Operator, value: str, problem: str
) -> None:
    result = operator.keys("set", NAME, piped=value)

    assert result.exit_code == 2
    assert result.stderr.startswith("nothing was changed:\n")
    assert problem in result.stderr
    assert VALUE not in result.output
    assert (operator.stored(), operator.changes) == (None, [])


def test_the_longest_key_fits(operator: Operator) -> None:
    assert operator.keys("set", NAME, piped="a" * 4096).exit_code == 0


def test_every_problem_is_told_at_once(operator: Operator) -> None:
    result = operator.keys("set", "brave_key", piped="two words\n")

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 3
    assert f"brave_key: {KEY_TEXT}, got a newline" in result.stderr
    assert f"brave_key: must be one of {', '.join(EXTERNAL_KEYS)}" in result.stderr


def test_a_key_in_the_stack_file_is_not_put_into_vault_too(operator: Operator) -> None:
    operator.in_stack = (NAME,)

    result = operator.keys("set", NAME, piped=VALUE)

    assert (result.exit_code, operator.stored()) == (2, None)
    assert f"`pulumi config rm aiswarm:{NAME}`" in result.stderr


def test_a_value_that_could_not_be_counted_is_told_with_the_way_on(operator: Operator) -> None:
    operator.engine_refuses = True

    result = operator.keys("set", NAME, piped=VALUE)

    assert isinstance(result.exception, KeysError)
    assert operator.stored() == VALUE
    said = str(result.exception)
    assert (
        "the value is in Vault, and the stack file could not be changed: error: the file is read-only" in said
    )
    assert f"""pulumi config set --path 'aiswarm:keys_in_vault["{NAME}"]' 1 --stack lab""" in said
    assert VALUE not in said


def test_the_list_says_where_every_key_is(operator: Operator) -> None:
    operator.in_vault, operator.in_stack = {USED: 2}, ("gemini_api_key",)

    rows = {row["name"]: row for row in json.loads(operator.keys("list", "--json").stdout)}

    assert rows.keys() == EXTERNAL_KEYS.keys()
    assert rows[USED]["where"] == "in Vault (set 2 times)"
    assert rows[USED]["used_by"] == ["oracle-litellm"]
    assert rows["gemini_api_key"]["where"] == "stack configuration"
    assert rows[NAME]["where"] == "not set"


def test_the_list_as_a_table(operator: Operator) -> None:
    result = operator.keys("list")

    assert result.exit_code == 0
    assert all(name in result.stdout for name in EXTERNAL_KEYS)


def read_by_oracle(server: Server, *entries: str) -> None:
    client = server.client()
    with client.session:
        client.write_data(f"sys/policies/acl/{node_role('oracle')}", data={"policy": node_policy(entries)})


def test_a_key_in_use_is_removed_in_two_steps(operator: Operator) -> None:
    operator.keys("set", USED, piped=VALUE)
    read_by_oracle(operator.server, "oracle/litellm", external_path(USED))

    first = operator.keys("remove", USED, "--yes")

    assert (first.exit_code, operator.stored(USED), operator.in_vault) == (0, VALUE, {})
    assert "stays in Vault while node-oracle may read it" in first.stdout
    assert "next: pulumi up --stack lab, then this command again" in first.stdout

    read_by_oracle(operator.server, "oracle/litellm")  # as the `up` leaves it
    second = operator.keys("remove", USED, "--yes")

    assert (second.exit_code, operator.stored(USED)) == (0, None)
    assert f"{USED}: deleted from Vault, all versions" in second.stdout


def test_a_key_that_nobody_reads_is_removed_at_once(operator: Operator) -> None:
    operator.keys("set", NAME, piped=VALUE)

    result = operator.keys("remove", NAME, piped="y\n")

    assert (result.exit_code, operator.stored(), operator.in_vault) == (0, None, {})
    assert operator.keys("remove", NAME, "--yes").stdout == f"{NAME}: not in Vault\n"


def test_without_a_yes_nothing_is_removed(operator: Operator) -> None:
    operator.keys("set", NAME, piped=VALUE)

    result = operator.keys("remove", NAME, piped="n\n")

    assert (result.exit_code, operator.stored(), operator.in_vault) == (1, VALUE, {NAME: 1})


def test_at_a_terminal_the_value_is_asked_for_and_not_shown(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: list[bool] = []

    def prompt(_: str, *, hide_input: bool) -> str:
        hidden.append(hide_input)
        return VALUE

    monkeypatch.setattr(commands, "at_terminal", lambda: True)
    monkeypatch.setattr(typer, "prompt", prompt)

    result = operator.keys("set", NAME)

    assert (result.exit_code, operator.stored(), hidden) == (0, VALUE, [True])


def test_at_a_terminal_a_wrong_name_is_told_before_anything_is_typed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "at_terminal", lambda: True)

    result = operator.keys("set", "brave_key")

    assert result.exit_code == 2
    assert "Value of" not in result.output


@pytest.mark.parametrize("arguments", [("remove", "brave_key", "--yes"), ("set",), ("set", NAME, VALUE)])
def test_wrong_usage(operator: Operator, arguments: tuple[str, ...]) -> None:
    result = operator.keys(*arguments)

    assert (result.exit_code, operator.stored(), operator.changes) == (2, None, [])
