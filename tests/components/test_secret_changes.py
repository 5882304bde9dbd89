"""What another secret does to a service, and how a service starts that needs secrets."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.model.secrets import SecretChange, SecretFile, SecretsFrom
from components.model.specs import ServiceSpec
from tests.components.deploying import deploy_on_oracle
from tests.components.recording import Recording, Registration
from tests.components.samples import PASSWORD, bare, reloading


def labels(found: Registration) -> dict[str, str]:
    return {item["label"]: item["value"] for item in found.inputs["labels"]}


def container(spec: ServiceSpec) -> Registration:
    return deploy_on_oracle(spec).one(":Container", spec.full_name)


def mounted(found: Registration) -> dict[str, Any]:
    return {volume["containerPath"]: volume for volume in found.inputs["volumes"]}


def with_certificates(spec: ServiceSpec) -> tuple[Registration, ...]:
    """The service's container with one certificate, and with another."""
    return tuple(
        deploy_on_oracle(spec, tls_certificate=value).one(":Container", spec.full_name)
        for value in ("certificate 1", "certificate 2")
    )


def test_a_rotated_secret_replaces_the_container_without_showing_a_trace() -> None:
    spec = reloading()
    assert spec.configuration is not None
    one, other = with_certificates(
        replace(
            spec,
            configuration=replace(spec.configuration, reload=None),
            on_secret_change=SecretChange.REPLACE,
        )
    )

    assert labels(one)["aiswarm.secrets"] != labels(other)["aiswarm.secrets"]
    for key in set(one.inputs) - {"labels"}:
        assert one.inputs[key] == other.inputs[key]
    assert len(labels(one)["aiswarm.secrets"]) == 64
    assert labels(one)["aiswarm.secrets"] != hashlib.sha256(b"certificate 1").hexdigest()


SETTLING = {"on_secret_change": SecretChange.SETTLE, "settle": ("true",)}


@pytest.mark.parametrize(
    "changes", [{}, SETTLING, {"on_secret_change": SecretChange.NOTICE}], ids=["reload", "settle", "notice"]
)
def test_a_program_that_can_take_another_secret_is_not_replaced(changes: dict[str, Any]) -> None:
    one, other = with_certificates(reloading(**changes))

    assert one.inputs == other.inputs
    assert "aiswarm.secrets" not in labels(one)


def test_a_service_without_secrets_has_no_version_of_them() -> None:
    assert "aiswarm.secrets" not in labels(container(bare()))


def test_a_service_without_secrets_waits_for_none_and_mounts_none() -> None:
    plain = container(bare(entrypoint=("run",), command=("it",)))

    assert plain.inputs["entrypoints"] == ["run"]
    assert plain.inputs["command"] == ["it"]
    assert "/run/secrets" not in mounted(plain)


def test_secrets_from_the_disk_are_mounted_read_only_and_not_waited_for() -> None:
    found = container(
        bare(
            secrets=(SecretFile(name="key", parts=(PASSWORD,)),),
            secrets_from=SecretsFrom.HOST,
            on_secret_change=SecretChange.NOTICE,
        )
    )

    assert mounted(found)["/run/secrets"] == {
        "hostPath": "/opt/swarm/plain/secrets",
        "containerPath": "/run/secrets",
        "readOnly": True,
    }
    assert "entrypoints" not in found.inputs


def settled(**config: str) -> Registration:
    spec = reloading(**SETTLING)
    return deploy_on_oracle(spec, **config).one(":Command", "oracle-haproxy-settle")


def test_a_program_settles_once_it_is_there_and_again_for_another_secret() -> None:
    found = settled()

    assert shlex.split(found.inputs["create"]) == ["docker", "exec", "oracle-haproxy", "true"]
    assert found.inputs["update"] == found.inputs["create"]
    assert {"oracle-haproxy", "oracle-haproxy-files"} <= found.needs
    assert found.inputs["stdin"].split()[0] == "oracle-haproxy-id"
    assert found.inputs["stdin"] != settled(tls_certificate="another").inputs["stdin"]
    assert found.inputs["logging"] == "none"
    assert "triggers" not in found.inputs


def test_who_waits_for_a_service_waits_until_it_has_settled() -> None:
    follower = bare("follower", after=("haproxy",))
    recording = deploy_on_oracle(reloading(**SETTLING), follower)

    assert {"oracle-haproxy", "oracle-haproxy-settle"} <= recording.one(":Container", "oracle-follower").needs


def test_a_service_that_does_not_settle_has_no_command_for_it(deployed: Recording) -> None:
    assert not [found for found in deployed.registrations if found.name.endswith("-settle")]


@pytest.fixture
def started(deployed: Recording, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The start of a container, with its folder of secrets somewhere else."""
    inputs = deployed.one(":Container", "oracle-postgres").inputs
    start = [word.replace("/run/secrets", str(tmp_path)) for word in inputs["entrypoints"]]
    program = ["sh", "-c", 'echo "$$" "$@"', "program", "two words", "*"]
    with subprocess.Popen([*start, *program], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_the_program_takes_the_place_of_the_wait_once_its_secrets_are_there(
    started: subprocess.Popen[str], tmp_path: Path
) -> None:
    """As the same process: otherwise signals would end at the shell."""
    (tmp_path / "password").write_text("not the last file")
    (tmp_path / ".version").touch()  # being written
    with pytest.raises(subprocess.TimeoutExpired):
        started.wait(timeout=0.5)
    (tmp_path / ".version").write_text("1")

    said, _ = started.communicate(timeout=30)

    assert (started.returncode, said) == (0, f"{started.pid} two words *\n")
