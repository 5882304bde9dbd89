"""What only the operator can give: host keys and configured secrets. A preview goes on without, `up` not."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi
import pulumi.runtime.config

from components.config.settings import NAMESPACE, Settings
from components.model.certificates import RENEWED_BEFORE, find_flaws, matches
from components.model.checks import Swarm
from components.model.external_keys import EXTERNAL_KEYS
from components.model.problems import Problem
from components.model.secrets import SecretRef, SecretSource


def find_missing_inputs(settings: Settings, swarm: Swarm) -> list[Problem]:
    """Problems that stop a real run; in a preview they become warnings, and the list is empty.

    A pull request is previewed without any secret and without a way to the nodes, so a preview must not need
    them. A real run without a host key would talk to whoever answers.
    """
    host_keys = _missing_host_keys(settings)
    secrets = [*_missing_secrets(swarm), *_missing_certificates(settings)]
    digests = _missing_digests(swarm)
    if not pulumi.runtime.is_dry_run():
        return [
            *host_keys,
            *digests,
            *secrets,
            *_strange_pairs(settings),
            *_problems_of_certificate(settings),
        ]
    _say_what_is_left_out(settings)
    for group in (host_keys, digests, secrets):
        if group:
            lines = "\n".join(f"  {problem}" for problem in group)
            pulumi.log.warn(f"`up` will refuse to start until this is set:\n{lines}")
    return []


def _say_what_is_left_out(settings: Settings) -> None:
    """Name the keys whose routes are left out, so that nobody looks for them in vain."""
    known = {*settings.keys_in_stack, *settings.keys_in_vault}
    missing = [name for name in EXTERNAL_KEYS if name not in known]
    if missing:
        pulumi.log.info(f"left out, because their keys are not set (./swarm keys list): {', '.join(missing)}")


def configured_secret(name: str) -> pulumi.Output[str]:
    """A secret that the operator keeps in the stack file; empty in a preview without it."""
    return pulumi.Config(NAMESPACE).get_secret(name, "")


def secret_references(swarm: Swarm) -> Iterable[SecretRef]:
    """Every secret that any service needs, as often as it is named."""
    for specs in swarm.values():
        for spec in specs:
            yield from spec.all_references


def _missing_host_keys(settings: Settings) -> list[Problem]:
    return [
        Problem(
            f"{NAMESPACE}:nodes.{name}.ssh.host_key",
            "must be the node's public host key",
            "none",
            f"get it with `ssh-keyscan -t ed25519 {node.address}`, compare it with the machine's own, then "
            f"`pulumi config set --path {NAMESPACE}:nodes.{name}.ssh.host_key 'ssh-ed25519 …'`",
        )
        for name, node in settings.nodes.by_name().items()
        if node.ssh.host_key is None
    ]


def _missing_digests(swarm: Swarm) -> list[Problem]:
    """A tag alone says nothing about the content that will run."""
    images = {spec.image.name: spec.image for specs in swarm.values() for spec in specs}
    return [
        Problem(
            f"{NAMESPACE}:images.{name}",
            "must be pinned to a digest",
            repr(image.reference),
            f"`./swarm images lock {name}` asks the registry; build and push an image of our own first",
        )
        for name, image in sorted(images.items())
        if not image.pinned
    ]


def _missing_secrets(swarm: Swarm) -> list[Problem]:
    names = {ref.name for ref in secret_references(swarm) if ref.source is SecretSource.CONFIGURED}
    return [
        Problem(
            f"{NAMESPACE}:{name}",
            "must be set",
            "none",
            f"`pulumi config set --secret {NAMESPACE}:{name} < FILE`",
        )
        for name in sorted(names)
        if not pulumi.runtime.config.get_config(f"{NAMESPACE}:{name}")
    ]


def _missing_certificates(settings: Settings) -> list[Problem]:
    return [
        Problem(
            f"{NAMESPACE}:vault.{name}",
            "must be a certificate as PEM text",
            "none",
            "`./swarm rotate vault-tls --apply` makes an authority and a certificate, and sets both",
        )
        for name in ("ca_certificate", "certificate")
        if not getattr(settings.vault, name)
    ]


def _strange_pairs(settings: Settings) -> list[Problem]:
    """Certificates with the key of another one: a server would refuse to start with them."""
    get = pulumi.runtime.config.get_config
    pairs = (
        ("tls_private_key", "tls_certificate", get(f"{NAMESPACE}:tls_certificate")),
        ("vault_private_key", "vault.certificate", settings.vault.certificate),
    )
    return [
        Problem(f"{NAMESPACE}:{key}", f"must be the private key of {NAMESPACE}:{name}", "another one")
        for key, name, certificate in pairs
        if certificate and (private := get(f"{NAMESPACE}:{key}")) and not matches(certificate, private)
    ]


def _problems_of_certificate(settings: Settings) -> list[Problem]:
    """Why clients would refuse the Vault server's certificate; of one that soon ends the operator is told."""
    vault = settings.vault
    if not (vault.ca_certificate and vault.certificate):
        return []
    addresses = (str(settings.nodes.oracle.address), "127.0.0.1")
    told = (vault.certificate, vault.ca_certificate, addresses, ("localhost",))
    flaws = find_flaws(*told)
    problems = [
        Problem(
            f"{NAMESPACE}:vault.certificate",
            flaw.expected,
            flaw.got,
            "`./swarm rotate vault-tls --apply` makes another one",
        )
        for flaw in flaws or find_flaws(*told, soon=RENEWED_BEFORE)
    ]
    if problems and not flaws:
        pulumi.log.warn("\n".join(map(str, problems)))
        return []
    return problems
