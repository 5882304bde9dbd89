"""The lab's configuration file: what `make up` writes, and what it leaves as operators made it."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from lab import environment, process, stack, tls
from lab.images import LabImage
from lab.nodes import LabNode, railway
from lab.steps import Steps
from ops import certificates
from ops.certificates import Authority, Certificate

ADDRESS = "198.18.0.11"
NOTHING = "nothing to do"
CERTIFICATE, KEY = "aiswarm:vault", "aiswarm:vault_private_key"
RAILWAY_IMAGE = LabImage(name="railway", reference="registry/railway:1", stand_in=True, platforms=())

PULUMI = """#!{python}
import base64, json, os, pathlib, sys
import yaml

calls = pathlib.Path({calls!r})
with calls.open("a") as out:
    out.write(json.dumps(sys.argv[1:]) + "\\n")
file = pathlib.Path(os.environ["PULUMI_OPTION_CONFIG_FILE"] or "Pulumi.lab.yaml")
command = sys.argv[1:3]
if command == ["stack", "init"]:
    file.write_text("encryptionsalt: one\\n")
    folder = pathlib.Path({state!r}, "backend", ".pulumi", "stacks", "aiswarm")
    folder.mkdir(parents=True)
    (folder / "lab.json").touch()
elif command[0] == "config":
    document = yaml.safe_load(file.read_text())
    if command[1] == "set":
        hidden = base64.b64encode(os.urandom(4) + sys.stdin.buffer.read()).decode()
        document["config"][sys.argv[-1]] = {{"secure": hidden}}
        file.write_text(yaml.safe_dump(document))
    else:
        print(base64.b64decode(document["config"][sys.argv[-1]]["secure"])[4:].decode())
"""
"""What the engine does to the file, with an encryption that any test can undo."""


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine and folders of the test's own; the record of the engine's calls."""
    state, program = tmp_path / "state", tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    calls = tmp_path / "calls"
    program.write_text(PULUMI.format(python=sys.executable, calls=str(calls), state=str(state)))
    program.chmod(0o755)
    monkeypatch.setenv("AISWARM_STATE", str(state))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(state / "Pulumi.lab.yaml"))
    monkeypatch.setattr(environment, "activate", lambda: None)
    authority = railway.folder() / "etc" / "ca.pem"
    authority.parent.mkdir(parents=True)
    authority.write_text("of the stand-in's edge\n")
    return calls


def configure(*, host_key: str = "ssh-ed25519 AAAA", address: str = ADDRESS) -> str:
    """Run the step as `make up` does; another host key stands for any change of the machine."""
    names = ("oracle", "starlord", "thanos")
    lab_nodes = tuple(LabNode(name=name, address=address, host_key=host_key) for name in names)
    steps = Steps(Console(file=io.StringIO()))
    stack.configure(steps, lab_nodes, {"railway": RAILWAY_IMAGE}, dict.fromkeys(names, "amd64"))
    return steps.done[-1].note


def document() -> dict[str, Any]:
    found = yaml.safe_load(environment.config_file().read_text())
    assert isinstance(found, dict)
    return found


def config() -> dict[str, Any]:
    found = document()["config"]
    assert isinstance(found, dict)
    return found


def decrypted(key: str) -> str:
    return base64.b64decode(config()[key]["secure"])[4:].decode()


def change(edit: Callable[[dict[str, Any]], None]) -> None:
    """What a day-2 command does to the file."""
    found = document()
    edit(found["config"])
    environment.config_file().write_text(yaml.safe_dump(found))


def encrypted(text: str) -> dict[str, str]:
    return {"secure": base64.b64encode(b"0000" + text.encode()).decode()}


def signed(*, days_more: int = 1, address: str = ADDRESS) -> Certificate:
    """A certificate of the lab's own authority, as a rotation makes it."""
    folder = tls.vault_folder()
    authority = Authority((folder / "ca.pem").read_text(), (folder / "ca.key").read_text())
    return certificates.issue(
        authority,
        common_name="vault",
        addresses=(address, *certificates.VAULT_ADDRESSES),
        names=certificates.VAULT_NAMES,
        lifetime=certificates.LIFETIME + days_more * (certificates.LIFETIME / 365),
    )


def put(certificate: str, private_key: str) -> None:
    """Put a pair of the Vault server into the file. The engine drops the newline at the end of a value."""

    def edit(found: dict[str, Any]) -> None:
        found[CERTIFICATE]["certificate"] = certificate.removesuffix("\n")
        found[KEY] = encrypted(private_key)

    change(edit)


def fits() -> bool:
    """Whether the file has a certificate that the lab's authority signed, and its key."""
    section = config()[CERTIFICATE]
    known_as = ((ADDRESS, *certificates.VAULT_ADDRESSES), certificates.VAULT_NAMES)
    return certificates.is_valid(
        section["certificate"], section["ca_certificate"], *known_as
    ) and certificates.matches(section["certificate"], decrypted(KEY))


def test_a_new_lab_has_the_vault_servers_certificate_and_key() -> None:
    assert configure() == f"wrote {environment.config_file()}"
    section = config()[CERTIFICATE]
    assert section["generation"] == 1
    assert section["ca_certificate"] == (tls.vault_folder() / "ca.pem").read_text()
    assert fits()
    assert certificates.matches(config()["aiswarm:tls_certificate"], decrypted("aiswarm:tls_private_key"))


def test_no_key_is_in_a_list_of_processes_or_readable_in_the_file(lab: Path) -> None:
    configure()
    said = lab.read_text() + environment.config_file().read_text()
    assert "PRIVATE KEY" not in said
    assert environment.config_file().stat().st_mode & 0o077 == 0


def test_a_second_run_has_nothing_to_do(lab: Path) -> None:
    configure()
    before = environment.config_file().read_bytes()
    lab.unlink()
    assert configure() == NOTHING
    assert environment.config_file().read_bytes() == before
    assert [json.loads(line)[:2] for line in lab.read_text().splitlines()] == [["stack", "select"]]


def test_what_operators_changed_needs_no_new_file_and_outlives_one() -> None:
    configure()
    theirs = {
        "aiswarm:epochs": {"redis-password": 3},
        "aiswarm:keys_in_vault": {"brave_api_key": 2},
        "aiswarm:gemini_api_key": encrypted("one"),
        "aiswarm:huggingface_token": encrypted("two"),
        "aiswarm:qdrant_api_key": encrypted("three"),
    }

    def edit(found: dict[str, Any]) -> None:
        found.update(theirs)
        found[CERTIFICATE]["generation"] = 2

    change(edit)
    before = config()

    assert configure() == NOTHING
    assert config() == before
    assert configure(host_key="ssh-ed25519 BBBB") != NOTHING
    after = config()
    assert {key: after[key] for key in theirs} == theirs
    assert {key for key in after if after[key] != before.get(key)} == {"aiswarm:nodes"}
    assert after.keys() == before.keys()
    assert configure(host_key="ssh-ed25519 BBBB") == NOTHING


def test_no_encrypted_value_is_set_again_when_it_is_the_same(lab: Path) -> None:
    configure()
    lab.unlink()
    configure(host_key="ssh-ed25519 BBBB")
    assert "config" not in lab.read_text()


def test_a_rotated_certificate_stays() -> None:
    configure()
    rotated = signed()
    put(rotated.certificate, rotated.private_key)
    kept = config()[KEY]

    configure(host_key="ssh-ed25519 BBBB")

    assert config()[CERTIFICATE]["certificate"] == rotated.certificate.removesuffix("\n")
    assert config()[KEY] == kept
    assert fits()


@pytest.mark.parametrize("what", ["older", "half", "foreign", "of another address", "none", "without a key"])
def test_a_certificate_that_cannot_serve_gives_way_to_the_labs(what: str) -> None:
    configure()
    ours, rotated = config()[CERTIFICATE]["certificate"], signed()
    foreign = certificates.issue_for_vault(certificates.make_authority("elsewhere"), ADDRESS)
    older, other = signed(days_more=-1), signed(address="198.18.0.99")
    put(
        *{
            "older": (older.certificate, older.private_key),
            "half": (rotated.certificate, signed().private_key),
            "foreign": (foreign.certificate, foreign.private_key),
            "of another address": (other.certificate, other.private_key),
            "none": ("", ""),
            "without a key": (rotated.certificate, ""),
        }[what]
    )
    if what == "without a key":
        change(lambda found: found.pop(KEY))

    configure(host_key="ssh-ed25519 BBBB")

    assert config()[CERTIFICATE]["certificate"] == ours
    assert fits()


def test_a_new_authority_puts_its_own_certificate_in_place_of_a_rotated_one() -> None:
    configure()
    rotated = signed()
    put(rotated.certificate, rotated.private_key)
    (tls.vault_folder() / "ca.key").unlink()

    configure()

    assert config()[CERTIFICATE]["ca_certificate"] == (tls.vault_folder() / "ca.pem").read_text()
    assert fits()


def test_another_front_door_certificate_brings_its_key() -> None:
    configure()
    before = config()
    (environment.ca_file().parent / "server.pem").unlink()

    configure()

    assert config()["aiswarm:tls_certificate"] != before["aiswarm:tls_certificate"]
    assert certificates.matches(config()["aiswarm:tls_certificate"], decrypted("aiswarm:tls_private_key"))
    assert config()[KEY] == before[KEY]


def test_an_interrupted_run_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(stack, "output", interrupt_at_set(process.output))
        with pytest.raises(KeyboardInterrupt):
            configure()
    assert KEY not in config()

    configure()

    assert fits()
    assert configure() == NOTHING


def interrupt_at_set(output: Callable[..., str]) -> Callable[..., str]:
    def run(argv: tuple[str, ...], **options: Any) -> str:  # noqa: ANN401 - passed through as they are
        if argv[1:3] == ("config", "set"):
            raise KeyboardInterrupt
        return output(argv, **options)

    return run


def test_values_of_a_stack_that_is_gone_are_not_taken_over() -> None:
    configure()
    change(lambda found: found.update({"aiswarm:gemini_api_key": encrypted("one")}))
    found = document() | {"encryptionsalt": "another"}
    environment.config_file().write_text(yaml.safe_dump(found))
    for file in (environment.backend() / ".pulumi" / "stacks" / "aiswarm").iterdir():
        file.unlink()
    (environment.backend() / ".pulumi" / "stacks" / "aiswarm").rmdir()

    configure(host_key="ssh-ed25519 BBBB")

    assert "aiswarm:gemini_api_key" not in config()
    assert fits()
