"""The Vault server's first start, and the command that says whether it is ready."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.config.settings import VaultSettings
from tests.components.deploying import deployment
from tests.components.recording import Recording
from tests.components.samples import AUTHORITY, SERVER_CERTIFICATE, settings


def of_generation(number: int, **epochs: int) -> Recording:
    vault = VaultSettings(ca_certificate=AUTHORITY, certificate=SERVER_CERTIFICATE, generation=number)
    return deployment(found=settings(vault=vault, epochs=epochs))


def command(recording: Recording, role: str) -> Mapping[str, Any]:
    return recording.one(":Command", f"oracle-vault-{role}").inputs


def test_the_first_login_is_on_the_node_before_the_server_starts(deployed: Recording) -> None:
    assert {"oracle-vault-bootstrap", "oracle-vault-files"} <= deployed.one(
        ":Container", "oracle-vault"
    ).needs
    assert command(deployed, "bootstrap")["stdin"].endswith("\ngenerated-secrets-vault-pulumi-id-e1")


def test_only_another_generation_brings_the_first_login_again() -> None:
    """Written at any other time, it would stay on the disk: only a first login removes it."""
    before = command(of_generation(1), "bootstrap")
    later = command(of_generation(1, **{"vault-pulumi-id": 3, "vault-seal": 2}), "bootstrap")
    anew = command(of_generation(2), "bootstrap")

    assert before["update"] == later["update"] == "cat >/dev/null"
    assert before["triggers"] == later["triggers"] == [1]
    assert anew["triggers"] == [2]
    assert later["stdin"].endswith("\ngenerated-secrets-vault-pulumi-id-e3")


def test_nothing_of_another_generation_is_on_the_node_before_it_was_agreed_to(deployed: Recording) -> None:
    """A refused one would otherwise begin with the next start of the container."""
    assert "oracle-vault-bootstrap" in deployed.one(":Command", "oracle-vault-files").needs
    assert deployed.one(":Command", "oracle-vault-bootstrap").request.deleteBeforeReplace


def bootstrap(folder: Path, generation: int, text: str) -> subprocess.CompletedProcess[str]:
    """Bring a generation's first login as the engine does, with `folder` in place of /opt/swarm."""
    inputs = command(of_generation(generation), "bootstrap")
    return subprocess.run(
        [word.replace("/opt/swarm", str(folder)) for word in shlex.split(inputs["create"])],
        input=f"{inputs['stdin'].partition(chr(10))[0]}\n{text}",
        text=True,
        check=False,
        capture_output=True,
    )


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@needs_root
def test_a_generation_of_before_is_refused_and_leaves_no_login(tmp_path: Path) -> None:
    leftover = tmp_path / "vault-bootstrap" / "secret_id"
    for generation in (1, 3, 3):
        assert bootstrap(tmp_path, generation, f"id {generation}").returncode == 0
        assert leftover.read_text() == f"id {generation}"
        leftover.unlink()

    done = bootstrap(tmp_path, 2, "id 2")

    assert (done.returncode, done.stderr) == (
        1,
        "aiswarm:vault.generation: must not go back, got 2 after 3 on this machine; set it to 3\n",
    )
    assert not leftover.exists()


@needs_root
def test_what_a_first_start_needed_is_removed_with_its_command_and_nothing_else(tmp_path: Path) -> None:
    """A first `up` that failed may be followed by `destroy`, which leaves the server's data."""
    assert bootstrap(tmp_path, 2, "the id").returncode == 0
    remove = shlex.split(command(of_generation(2), "bootstrap")["delete"])

    for _ in range(2):
        subprocess.run([word.replace("/opt/swarm", str(tmp_path)) for word in remove], check=True)

    assert [path.name for path in (tmp_path / "vault-bootstrap").iterdir()] == ["generation"]
    assert bootstrap(tmp_path, 1, "another").returncode == 1


@needs_root
def test_the_first_login_is_written_without_a_newline_for_the_server_alone(tmp_path: Path) -> None:
    assert "/opt/swarm/vault-bootstrap" in command(of_generation(1), "bootstrap")["create"]
    folder = tmp_path / "vault-bootstrap"

    assert bootstrap(tmp_path, 1, "the id").returncode == 0

    file = folder / "secret_id"
    assert file.read_text() == "the id"
    assert [(oct(path.stat().st_mode)[-3:], path.stat().st_uid) for path in (folder, file)] == [
        ("500", 100),
        ("400", 100),
    ]


def test_readiness_is_asked_again_for_another_server_and_another_login() -> None:
    one = command(of_generation(1), "ready")
    rotated = command(of_generation(1, **{"vault-pulumi-id": 2}), "ready")

    assert one["triggers"] == [1, "oracle-vault-bootstrap-id", "oracle-vault-id"]
    assert command(of_generation(2), "ready")["triggers"] == [2, *one["triggers"][1:]]
    assert rotated["triggers"] == one["triggers"]
    assert one["update"] == one["create"]
    script, _, ids = one["stdin"].partition("\n")
    assert ids == "generated-secrets-vault-pulumi-id-e1\n\n"
    assert rotated["stdin"] == (
        f"{script}\ngenerated-secrets-vault-pulumi-id-e2\ngenerated-secrets-vault-pulumi-id-e1\n"
    )


def test_the_login_of_before_ends_once_the_state_has_a_provider_with_the_new_one() -> None:
    """Ended any earlier, a broken off `up` would leave a state whose refresh and destroy cannot log in."""
    recording = of_generation(1, **{"vault-pulumi-id": 2})
    retire = recording.one(":Command", "oracle-vault-retire")
    policy = recording.one(":Policy", "vault-policy-pulumi")

    assert shlex.split(retire.inputs["create"]) == [
        *["docker", "exec", "--interactive", "oracle-vault", "sh", "/openbao/config/ready.sh", "120"],
        "retire",
    ]
    assert retire.inputs["update"] == retire.inputs["create"]
    assert retire.inputs["stdin"] == "\n".join(
        ["generated-secrets-vault-pulumi-id-e2", "generated-secrets-vault-pulumi-id-e1", ""]
    )
    assert "vault-policy-pulumi" in retire.needs
    assert policy.request.provider.rpartition("::")[0].endswith("::vault")
    assert command(recording, "retire")["stdin"] != command(of_generation(1), "retire")["stdin"]


FAKE_DOCKER = """#!/bin/sh
case $1 in
    inspect)
        case $3 in
            *RestartCount*) wc -l <"$FAKE/words" 2>/dev/null || echo 0 ;;
            *) cat "$FAKE/life" ;;
        esac
        exit
        ;;
    logs) printf '%s\\n' '{"error": "of the audit log"}' '[ERROR] the reason'; exit ;;
esac
echo "$@" >>"$FAKE/words"
cat >"$FAKE/input"
echo "$(wc -l <"$FAKE/words") starts"
[ ! -e "$FAKE/restarts" ] || echo "running $(wc -l <"$FAKE/words")" >"$FAKE/life"
[ "$(wc -l <"$FAKE/words")" -gt "$(cat "$FAKE/failures")" ]
"""


class Node:
    """A folder in place of the node, with a Docker whose server is ready after some failures."""

    def __init__(self, folder: Path, recording: Recording, *, failures: int, restarts: bool) -> None:
        self.folder, self.leftover = folder, folder / "vault-bootstrap" / "secret_id"
        self.leftover.parent.mkdir()
        self.leftover.write_text("the id")
        (folder / "docker").write_text(FAKE_DOCKER)
        (folder / "docker").chmod(0o755)
        (folder / "life").write_text("running 0\n")
        (folder / "failures").write_text(str(failures))
        if restarts:
            (folder / "restarts").touch()
        inputs = command(recording, "ready")
        self.words = [word.replace("/opt/swarm", str(folder)) for word in shlex.split(inputs["create"])]
        self.script = inputs["stdin"].partition("\n")[0]

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the command as the engine does."""
        env = {"PATH": f"{self.folder}:{os.environ['PATH']}", "FAKE": str(self.folder)}
        return subprocess.run(
            self.words,
            env=env,
            input=f"{self.script}\nthe ids\n",
            text=True,
            check=False,
            capture_output=True,
        )

    @property
    def asked(self) -> list[str]:
        """Every command that was run in the container."""
        return (self.folder / "words").read_text().splitlines()


ASKED = "exec --interactive oracle-vault sh /openbao/config/ready.sh 120"


def test_what_the_first_start_needed_is_removed_once_the_login_works(
    deployed: Recording, tmp_path: Path
) -> None:
    node = Node(tmp_path, deployed, failures=0, restarts=False)

    done = node.run()

    assert (done.returncode, done.stderr) == (0, "")
    assert not node.leftover.exists()
    assert node.leftover.parent.exists()  # Docker would make a mounted folder anew, owned by root
    assert (tmp_path / "input").read_text() == "the ids\n"
    assert node.asked == [ASKED]


def test_what_the_server_says_against_the_login_is_told_at_once(deployed: Recording, tmp_path: Path) -> None:
    """Before the login works the file must stay: the server needs it for every attempt."""
    node = Node(tmp_path, deployed, failures=9, restarts=False)

    done = node.run()

    assert (done.returncode, done.stderr) == (1, "1 starts\n")
    assert node.leftover.exists()
    assert node.asked == [ASKED]


def test_a_server_that_ends_is_asked_again_once_it_runs(deployed: Recording, tmp_path: Path) -> None:
    """The first start that fails ends the server, and with it the command that would have said so."""
    node = Node(tmp_path, deployed, failures=2, restarts=True)

    assert node.run().returncode == 0
    assert node.asked == [ASKED] * 3
    assert not node.leftover.exists()


def test_a_server_that_ends_again_and_again_is_given_up_with_its_reason(
    deployed: Recording, tmp_path: Path
) -> None:
    node = Node(tmp_path, deployed, failures=99, restarts=True)

    done = node.run()

    assert done.returncode == 1
    assert done.stderr.startswith("oracle-vault: must keep running, got one that ends again and again; ")
    assert 'docs/secrets.md, "Begin anew"' in done.stderr
    assert done.stderr.splitlines()[1:] == ["[ERROR] the reason"]
    assert node.leftover.exists()


def test_the_server_is_not_waited_for_but_by_its_own_command(deployed: Recording) -> None:
    """Docker's word would end the run before the command could say why the server is not ready."""
    inputs = deployed.one(":Container", "oracle-vault").inputs

    assert inputs["wait"] is False
    assert "waitTimeout" not in inputs
    assert "HA Mode *active" in inputs["healthcheck"]["tests"][1]


def test_no_secret_is_in_what_docker_shows_of_the_server(deployed: Recording) -> None:
    inputs = deployed.one(":Container", "oracle-vault").inputs

    assert inputs["envs"] == ["BAO_ADDR=https://127.0.0.1:8200", "BAO_CACERT=/openbao/config/ca.pem"]
    assert {item["label"] for item in inputs["labels"]} == {
        "aiswarm.configuration",
        "aiswarm.managed-by",
        "aiswarm.node",
        "aiswarm.service",
        "aiswarm.stack",
    }


def test_the_servers_data_outlives_it_and_what_it_starts_with_is_read_only(deployed: Recording) -> None:
    volumes = {
        item["containerPath"]: item for item in deployed.one(":Container", "oracle-vault").inputs["volumes"]
    }
    read_only = {path for path, item in volumes.items() if item.get("readOnly")}

    assert read_only == {"/openbao/config", "/openbao/bootstrap", "/run/secrets"}
    assert volumes["/openbao/bootstrap"]["hostPath"] == "/opt/swarm/vault-bootstrap"
    for name, path in (("data", "/openbao/file"), ("audit", "/openbao/logs")):
        assert volumes[path]["volumeName"] == f"oracle-vault-{name}"
        assert deployed.one(":Volume", f"oracle-vault-{name}").request.protect


def test_a_rotated_seal_key_comes_beside_the_one_before() -> None:
    recording = of_generation(1, **{"vault-seal": 2})
    made = {found.name: found for found in recording.all(":RandomBytes")}

    assert set(made) == {"secrets-vault-seal-k1", "secrets-vault-seal-k2"}
    assert all(found.request.protect for found in made.values())
    assert all(found.inputs == {"length": 32} for found in made.values())
    assert recording.one(":Command", "oracle-vault-files").inputs["stdin"].split("\n")[2] == "seal-k1 seal-k2"
