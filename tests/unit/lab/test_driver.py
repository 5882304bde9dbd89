"""What the lab's driver says when a step fails, and what it makes of this machine's facts."""

from __future__ import annotations

import contextlib
import datetime
import io
import ipaddress
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from rich.console import Console

from components.model.problems import Problem
from lab import nodes, paths, process, stack, tls
from lab.images import LabImage
from lab.nodes import LabNode, railway
from lab.process import StepError
from lab.steps import Steps
from ops import probe, recover
from ops import stack as deployed
from ops.guard import watch
from ops.guard.watch import TouchedError

ADDRESS = "198.18.0.11"
LOG = """
Resources:
    + 58 created
    +-4 replaced
    1 unchanged

Duration: 15s
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISWARM_CACHE", str(tmp_path / "cache"))


def test_a_failed_step_shows_log_cause_and_next_command() -> None:
    script = "for i in $(seq 30); do echo line $i; done; exit 3"

    with pytest.raises(StepError) as failed:
        process.logged(("sh", "-c", script), log="build", cause="the disk is full", hint="df -h")

    said = str(failed.value)
    assert "ended with status 3" in said
    assert "| line 30" in said
    assert "| line 2\n" not in said
    assert said.endswith("likely cause: the disk is full\ntry: df -h")


def test_a_missing_program_is_a_failed_step() -> None:
    with pytest.raises(StepError, match="no-such-program"):
        process.output(("no-such-program",))
    assert not process.succeeds(("no-such-program",))


def test_steps_are_plain_lines_without_a_terminal() -> None:
    said = io.StringIO()
    steps = Steps(Console(file=said, highlight=False))

    with steps.step("first") as step:
        step.note = "nothing to do"
    with pytest.raises(ValueError, match="broken"), steps.step("second"):
        raise ValueError("broken")

    lines = said.getvalue().splitlines()
    assert lines[0] == "… first"
    assert lines[1].startswith("✓ first: nothing to do (")
    assert lines[3].startswith("✗ second (")
    assert [step.name for step in steps.done] == ["first"]


def test_brackets_in_a_note_are_no_markup() -> None:
    said = io.StringIO()
    steps = Steps(Console(file=said, highlight=False, width=200))

    with steps.step("step [/red]") as step:
        step.note = "wants [bold] and [/nothing]"
    steps.console.print(steps.table())

    assert "✓ step [/red]: wants [bold] and [/nothing] (" in said.getvalue()
    assert said.getvalue().count("wants [bold] and [/nothing]") == 2


def test_what_the_engine_did() -> None:
    assert stack.summary(LOG) == "58 created, 4 replaced, 1 unchanged"


def test_a_deployment_begins_with_a_refresh_that_needs_no_vault_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$*" >>"$AISWARM_CACHE/calls"\ncat .vault/lab.pem\n')
    program.chmod(0o755)
    checkout, state = tmp_path / "checkout", tmp_path / "state"
    for folder in (checkout, tmp_path / "cache"):
        folder.mkdir()
    monkeypatch.setenv("AISWARM_STATE", str(state))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(paths, "REPO", checkout)
    monkeypatch.setattr(nodes, "open_masters", lambda: None)
    monkeypatch.setattr(probe, "wait_healthy", lambda *_, **__: [])
    monkeypatch.setattr(deployed, "read", lambda _: None)
    monkeypatch.setattr(watch, "guarded", lambda _: contextlib.nullcontext())
    authority = tls.ensure_vault(tls.vault_folder(), address=ADDRESS).ca_certificate

    stack.deploy(Steps(Console(file=io.StringIO())))

    refresh, up = (tmp_path / "cache" / "calls").read_text().splitlines()
    assert refresh.startswith(" ".join(recover.REFRESH))
    assert up.startswith("up --yes --policy-pack policy")
    assert "--skip-preview" not in up
    assert "--refresh" not in up
    assert (checkout / ".vault" / "lab.pem").read_text() == authority


def test_a_deployment_that_touched_what_is_not_ours_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def guarded(_: object) -> Iterator[None]:
        yield
        raise TouchedError([Problem("starlord.qdrant", "must be there")])

    monkeypatch.setenv("AISWARM_STATE", str(tmp_path))
    monkeypatch.setattr(paths, "REPO", tmp_path)
    monkeypatch.setattr(nodes, "open_masters", lambda: None)
    monkeypatch.setattr(stack, "_pulumi_up", lambda: LOG)
    monkeypatch.setattr(deployed, "read", lambda _: None)
    monkeypatch.setattr(watch, "guarded", guarded)
    tls.ensure_vault(tls.vault_folder(), address=ADDRESS)

    with pytest.raises(StepError, match=r"IT IS NOT OURS:\n  starlord\.qdrant: must be there"):
        stack.deploy(Steps(Console(file=io.StringIO())))


def test_machine_facts_complete_the_committed_configuration() -> None:
    committed = {"aiswarm:nodes": {"oracle": {"arch": "amd64"}}, "aiswarm:models": {}}
    node = LabNode(name="oracle", address=ADDRESS, host_key="ssh-ed25519 AAAA")
    image = {"stand_in": True, "platforms": ("linux/arm64",)}
    images = {
        name: LabImage(name=name, reference=f"registry/{name}:1", **image)  # type: ignore[arg-type]  # as given
        for name in ("vllm", "pause")
    }

    merged = stack.complete(committed, (node,), images, {"oracle": "arm64"})

    assert merged["aiswarm:nodes"] == {
        "oracle": {"arch": "arm64", "address": ADDRESS, "ssh": {"host_key": "ssh-ed25519 AAAA"}}
    }
    assert merged["aiswarm:images"] == {
        "vllm": {"reference": "registry/vllm:1", "platforms": ["linux/arm64"], "stand_in": True}
    }
    assert committed["aiswarm:nodes"] == {"oracle": {"arch": "amd64"}}


def test_certificate_is_trusted_by_its_authority_alone_and_kept(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, address=ADDRESS)
    again = tls.ensure(tmp_path, address=ADDRESS)

    assert first == again
    certificate = x509.load_pem_x509_certificate(first.certificate.encode())
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(ADDRESS)]
    assert certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) < tls.LIFETIME
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
    ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))


@pytest.mark.parametrize("lost", ["ca.pem", "server.key", "server.pem"])
def test_a_certificate_is_made_anew_when_one_of_its_files_is_lost(tmp_path: Path, lost: str) -> None:
    first = tls.ensure(tmp_path, address=ADDRESS)
    (tmp_path / lost).unlink()

    second = tls.ensure(tmp_path, address=ADDRESS)

    assert second != first
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    x509.load_pem_x509_certificate(second.certificate.encode()).verify_directly_issued_by(authority)


def test_certificate_for_another_address_is_made_anew(tmp_path: Path) -> None:
    assert tls.ensure(tmp_path, address=ADDRESS) != tls.ensure(tmp_path, address="198.18.0.12")


def test_a_build_is_named_by_its_content() -> None:
    file = paths.REPO / "pyproject.toml"

    assert paths.hash_tree([file]) == paths.hash_tree([file])
    assert paths.hash_tree([file]) != paths.hash_tree([file], "other flags")
    assert len(paths.hash_tree([file])) == 16


def test_railway_is_the_labs_own_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(railway, "settings", lambda: {"workspace_id": "ours"})
    committed: dict[str, object] = {"aiswarm:nodes": {}}

    assert stack.RAILWAY not in stack.complete(committed, (), {}, {})
    committed[stack.RAILWAY] = {"enabled": True}
    built = LabImage(
        name="railway", reference="registry/railway:1", stand_in=True, platforms=("linux/amd64",)
    )
    merged = stack.complete(committed, (), {"railway": built}, {})
    assert merged[stack.RAILWAY] == {"enabled": True, "workspace_id": "ours"}
    given = merged["aiswarm:images"]
    assert isinstance(given, dict)
    assert given[stack.CLOUD_MODEL]["reference"] == "registry/railway:1"
