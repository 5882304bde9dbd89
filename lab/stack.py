"""The lab's stack: its state, its passphrase, its complete configuration, and the deployment itself."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from components.catalogue.images import IMAGES
from components.deploy.authority import write_authority
from lab import environment, nodes, paths, recovery, stack_file, tls
from lab.environment import STACK
from lab.images import LabImage
from lab.nodes import LabNode, railway
from lab.process import StepError, logged, output
from lab.steps import Steps
from ops import certificates, probe, recover, stack
from ops.errors import SwarmError
from ops.guard import watch
from ops.up import POLICIES

PARALLEL = 12
"""Operations at a time, four a host; `docs/measurements.md` has what it saves."""

HEALTHY_WITHIN_SECONDS = 180

RAILWAY = "aiswarm:railway"
CLOUD_MODEL = "llama-cpp"
"""Runs at Railway alone, so in the lab the stand-in for Railway answers for it, and has its image."""

RECOVER = f"./swarm recover --stack {STACK} --yes && make up"

LOCKED = "currently locked"
"""What the engine prints when another one holds the stack (pkg/backend/diy/lock.go)."""


def configure(
    steps: Steps,
    lab_nodes: tuple[LabNode, ...],
    images: Mapping[str, LabImage],
    archs: Mapping[str, str],
) -> None:
    """Make the backend, the stack and its configuration file, unless they are as they should be."""
    with steps.step("stack and configuration") as step:
        _make_secret(environment.passphrase_file())
        environment.backend().mkdir(parents=True, exist_ok=True)
        environment.activate()
        address = next(node.address for node in lab_nodes if node.name == "oracle")
        door = tls.ensure(environment.ca_file().parent, address=address)
        vault = tls.ensure_vault(tls.vault_folder(), address=address)
        committed = yaml.safe_load((paths.REPO / f"Pulumi.{STACK}.yaml").read_text())
        plain = complete(committed["config"], lab_nodes, images, archs) | stack_file.certificates(door, vault)
        keys = stack_file.keys(door, vault)
        mark = hashlib.sha256(json.dumps([plain, *keys.values()], sort_keys=True).encode()).hexdigest()
        mark_file = environment.config_file().with_suffix(".mark")
        if environment.config_file().exists() and mark_file.exists() and mark_file.read_text() == mark:
            step.note = "nothing to do"
        else:
            _write_configuration(plain, keys, functools.partial(_is_rotated, vault, address))
            mark_file.write_text(mark)
            step.note = f"wrote {environment.config_file()}"
        output(("pulumi", "stack", "select", STACK), cwd=paths.REPO)


def _write_configuration(
    plain: Mapping[str, object], keys: Mapping[str, str], is_rotated: Callable[[str], bool]
) -> None:
    """Write the file anew, with what operators changed in the one before it."""
    salt = _salt()
    file = environment.config_file()
    before = yaml.safe_load(file.read_text()) if file.exists() else {}
    previous = before["config"] if before.get("encryptionsalt") == salt else {}
    config = stack_file.carry_over(plain, previous, is_rotated=is_rotated)
    _write(file, yaml.safe_dump({"config": config, "encryptionsalt": salt}, sort_keys=True))
    for name in keys.keys() - config.keys():
        output(
            ("pulumi", "config", "set", "--secret", "--stack", STACK, name),
            cwd=paths.REPO, stdin=keys[name],
        )  # fmt: skip


def _is_rotated(ours: tls.VaultTls, address: str, certificate: str) -> bool:
    """Tell whether the configuration has another certificate and key that serve longer than ours would."""
    usable = certificates.is_valid(
        certificate,
        ours.ca_certificate,
        (address, *certificates.VAULT_ADDRESSES),
        certificates.VAULT_NAMES,
    )
    if not (usable and certificates.is_newer(certificate, ours.certificate)):
        return False
    key = output(("pulumi", "config", "get", "--stack", STACK, stack_file.VAULT_KEY), cwd=paths.REPO)
    return certificates.matches(certificate, key)


def deploy(steps: Steps) -> None:
    """Run `pulumi refresh` and `up`, then wait until every service is healthy.

    The refresh is for containers that were removed by hand, which the engine alone does not notice. It comes
    apart, because `up --refresh --exclude` would leave out the same resources of the update, too.

    Raises:
        StepError: The engine refused, the existing Qdrant was touched, or a service never became healthy.
    """
    nodes.open_masters()
    with steps.step("an earlier deployment") as step:
        try:
            step.note = recovery.free_of_the_dead() or "nothing to do"
        except SwarmError as error:
            raise StepError(str(error), hint=RECOVER) from error
    with steps.step("pulumi up") as step:
        write_authority(STACK, (tls.vault_folder() / "ca.pem").read_text(), project=paths.REPO)
        try:
            with watch.guarded(stack.read(STACK)):
                step.note = summary(_pulumi_up())
        except SwarmError as error:
            raise StepError(str(error), hint="./swarm guard after") from error
    with steps.step("every service healthy") as step:
        try:
            found = probe.wait_healthy(stack.read(STACK), timeout_seconds=HEALTHY_WITHIN_SECONDS)
        except probe.NotHealthyError as error:
            raise StepError(str(error), hint="./swarm status") from error
        step.note = f"{len(found)} services"


def _pulumi_up() -> str:
    """Run the deployment and return its log."""
    log = paths.log_dir() / "pulumi-up.log"
    log.unlink(missing_ok=True)
    options = ("--stack", STACK, "--parallel", str(PARALLEL), "--non-interactive", "--color", "never",
               "--suppress-outputs")  # fmt: skip
    try:
        for command in (recover.REFRESH, ("up", "--yes", *POLICIES)):
            logged(
                ("pulumi", *command, *options),
                log="pulumi-up",
                cwd=paths.REPO,
                cause="named in the diagnostics above",
                hint="./swarm status",
            )
    except StepError as error:
        if log.exists() and LOCKED in log.read_text(errors="replace"):
            error.cause = "another `pulumi` is at work on the stack, or was killed on another machine"
            error.hint = RECOVER
        raise
    return log.read_text(errors="replace")


def summary(log: str) -> str:
    """What the engine says it did, e.g. `61 created` or `61 unchanged`."""
    _, _, resources = log.rpartition("Resources:")
    counts = re.findall(r"(\d+ (?:created|updated|replaced|deleted|unchanged))", resources)
    return ", ".join(counts)


def _make_secret(file: Path) -> None:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(file, secrets.token_urlsafe(32))


def _write(file: Path, text: str) -> None:
    """Write a file that is there whole or not at all, for its owner alone."""
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(file)


def _salt() -> str:
    """Make the stack if it is missing and return the salt that goes with its passphrase.

    `pulumi stack init` writes the salt into the project's own stack file, which is under version control;
    a project of the same name elsewhere keeps the checkout clean.

    A stack without a salt was interrupted before its configuration was written. It is made anew, if it is
    empty: whoever lost the salt cannot read the secrets of one that is not.

    Raises:
        StepError: The stack has resources and its configuration is lost.
    """
    exists = _stack_exists()
    if exists and environment.config_file().exists():
        found = yaml.safe_load(environment.config_file().read_text()).get("encryptionsalt")
        if found:
            return str(found)
    with tempfile.TemporaryDirectory() as folder:
        project = yaml.safe_load((paths.REPO / "Pulumi.yaml").read_text())
        minimal = {"name": project["name"], "runtime": "python"}
        Path(folder, "Pulumi.yaml").write_text(yaml.safe_dump(minimal))
        without = {"PULUMI_OPTION_CONFIG_FILE": ""}
        if exists:
            _remove_empty_stack(Path(folder), without)
        output(("pulumi", "stack", "init", STACK), cwd=Path(folder), env=without)
        return str(yaml.safe_load(Path(folder, f"Pulumi.{STACK}.yaml").read_text())["encryptionsalt"])


def _stack_exists() -> bool:
    """Look for the stack's file, compressed or not, where the engine keeps it."""
    folder = environment.backend() / ".pulumi" / "stacks" / "aiswarm"
    return any((folder / f"{STACK}.{ending}").exists() for ending in ("json", "json.gz"))


def _remove_empty_stack(project: Path, env: Mapping[str, str]) -> None:
    """Without `--force`, the engine itself refuses to remove a stack that has resources."""
    try:
        output(("pulumi", "stack", "rm", "--yes", "--preserve-config", STACK), cwd=project, env=env)
    except StepError as error:
        error.what = (
            f"{environment.config_file()}: must hold the salt of the stack, which exists; {error.what}"
        )
        error.cause = "the file was removed or damaged"
        error.hint = "make down, then make up"
        raise


def complete(
    committed: Mapping[str, object],
    lab_nodes: tuple[LabNode, ...],
    images: Mapping[str, LabImage],
    archs: Mapping[str, str],
) -> dict[str, object]:
    """The committed configuration with addresses, architectures, host keys and images of this machine.

    Where it wants Railway, that is the lab's own.
    """
    merged = json.loads(json.dumps(committed))
    for node in lab_nodes:
        settings = merged["aiswarm:nodes"][node.name]
        settings["address"] = node.address
        settings["arch"] = archs[node.name]
        settings.setdefault("ssh", {})["host_key"] = node.host_key
    merged["aiswarm:images"] = {name: _declared(image) for name, image in images.items() if name in IMAGES}
    if RAILWAY in merged:
        merged[RAILWAY] |= railway.settings()
        merged["aiswarm:images"][CLOUD_MODEL] = _declared(images["railway"])
    assert isinstance(merged, dict)  # noqa: S101 - json.loads cannot say so
    return merged


def _declared(image: LabImage) -> dict[str, object]:
    return {"reference": image.reference, "platforms": list(image.platforms), "stand_in": image.stand_in}
