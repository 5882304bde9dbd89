"""The script that brings PostgreSQL's roles in line with the secret files, among stand-ins for programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from components.model.files import ConfigFile
from components.render import postgres

PSQL = """#!/bin/sh
printf '%s\\n' "$@" >"$FOLDER/arguments"
printf '%s' "$PGOPTIONS" >"$FOLDER/options"
cat >"$FOLDER/statements"
exit "$(cat "$FOLDER/status")"
"""
READY = """#!/bin/sh
printf '%s\\n' "$*" >>"$FOLDER/asked"
[ "$(wc -l <"$FOLDER/asked")" -ge "$(cat "$FOLDER/ready_at")" ]
"""


def script(**roles: str) -> str:
    (found,) = (file.text for file in files(roles) if file.name == postgres.ROLES_SCRIPT)
    return found


def files(roles: Mapping[str, str]) -> tuple[ConfigFile, ...]:
    network = IPv4Network("172.20.1.0/24")
    return postgres.postgres_files(
        memory_mib=512,
        networks=[network],
        superuser_file="/s/admin",
        roles=roles,
        monitor=postgres.Monitor(name="exporter", password_file="/s/exporter", network=network),  # noqa: S106 - a path
    )


def test_who_reads_figures_reaches_the_empty_database_and_comes_from_the_nodes_network_only() -> None:
    (rules,) = (file.text for file in files({"litellm": "/s/litellm"}) if file.name == "pg_hba.conf")
    assert [line.split() for line in rules.splitlines() if "exporter" in line] == [
        ["host", "postgres", "exporter", address, "scram-sha-256"]
        for address in ("127.0.0.1/32", "172.20.1.0/24")
    ]


def statements(text: str) -> list[str]:
    """What goes to psql."""
    _, _, rest = text.partition("<<'SQL'\n")
    return rest.removesuffix("SQL\n").splitlines()


def test_every_role_gets_its_password_and_its_own_database() -> None:
    assert statements(script(litellm="/s/litellm", grafana="/s/grafana")) == [
        r"\set password `cat /s/admin`",
        "ALTER ROLE postgres PASSWORD :'password';",
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;",
        *(
            line
            for name in ("litellm", "grafana")
            for line in (
                rf"\set password `cat /s/{name}`",
                (
                    f"SELECT 'CREATE ROLE {name} LOGIN' WHERE NOT EXISTS "  # noqa: S608 - names of ours
                    rf"(SELECT FROM pg_roles WHERE rolname = '{name}') \gexec"
                ),
                f"ALTER ROLE {name} PASSWORD :'password';",
                f"SELECT 'CREATE DATABASE {name} OWNER {name}'",
                rf"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \gexec",
                f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC;",
            )
        ),
        r"\set password `cat /s/exporter`",
        (
            "SELECT 'CREATE ROLE exporter LOGIN' WHERE NOT EXISTS "
            r"(SELECT FROM pg_roles WHERE rolname = 'exporter') \gexec"
        ),
        "ALTER ROLE exporter PASSWORD :'password';",
        "GRANT pg_monitor TO exporter;",
        "GRANT CONNECT ON DATABASE postgres TO exporter;",
    ]


@dataclass(frozen=True)
class Container:
    """The script among programs that do as the test says."""

    folder: Path

    @property
    def script(self) -> str:
        """With the passwords in this folder."""
        return script(litellm="/s/litellm").replace("/s/", f"{self.folder}/s/")

    def run(self, *, ready_at: int = 1, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run it; the server answers the question that has this number."""
        (self.folder / "ready_at").write_text(str(ready_at))
        (self.folder / "status").write_text(str(status))
        env = {"PATH": f"{self.folder}:{os.environ['PATH']}", "FOLDER": str(self.folder)}
        return subprocess.run(
            ["sh"], input=self.script, env=env, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    def program(self, name: str, text: str) -> None:
        """Put a program on the path."""
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    made = Container(tmp_path)
    (tmp_path / "s").mkdir()
    for name in ("admin", "litellm", "exporter"):
        (tmp_path / "s" / name).write_text("not empty")
    made.program("psql", PSQL)
    made.program("pg_isready", READY)
    return made


def test_the_statements_go_in_through_standard_input_and_the_first_error_ends_them(
    container: Container,
) -> None:
    assert container.run().returncode == 0
    arguments = (container.folder / "arguments").read_text().split()
    assert (container.folder / "statements").read_text().splitlines() == statements(container.script)
    assert "--set=ON_ERROR_STOP=1" in arguments
    assert "--no-psqlrc" in arguments
    assert not [word for word in arguments if "password" in word or "/s/" in word]


def test_no_slow_statement_is_logged_with_its_password(container: Container) -> None:
    container.run()

    options = (container.folder / "options").read_text()
    assert options == "-c log_min_duration_statement=-1 -c log_statement=none"


@pytest.mark.parametrize("name", ["admin", "litellm", "exporter"])
@pytest.mark.parametrize("there", [True, False])
def test_a_password_that_is_not_there_is_never_set(container: Container, name: str, there: bool) -> None:
    """A command that fails gives psql an empty text, which it would take for the password."""
    file = container.folder / "s" / name
    file.unlink()
    if there:
        file.touch()

    done = container.run()

    assert (done.returncode, done.stderr) == (1, f"{file}: must hold a password, got an empty file or none\n")
    assert not (container.folder / "arguments").exists()


def test_a_server_that_is_not_there_yet_is_waited_for_over_tcp(container: Container) -> None:
    """On the socket, the one that makes the data folder would answer."""
    assert container.run(ready_at=3).returncode == 0
    asked = (container.folder / "asked").read_text().splitlines()
    assert asked == ["--quiet --host=127.0.0.1 --username=postgres"] * 3


def test_a_refused_statement_fails_the_script(container: Container) -> None:
    assert container.run(status=3).returncode == 3


def test_a_server_that_never_answers_is_an_error_and_nothing_is_sent(container: Container) -> None:
    clock = container.folder / "clock"
    clock.write_text("1000")
    container.program("date", f"#!/bin/sh\ncat {clock}\n")
    container.program("sleep", f"#!/bin/sh\necho $(($(cat {clock}) + 30)) >{clock}\n")

    done = container.run(ready_at=10**6)

    assert done.returncode == 1
    assert done.stderr == "no answer from the server within 120 s; look at its log\n"
    assert not (container.folder / "arguments").exists()
