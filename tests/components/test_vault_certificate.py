"""The Vault server's certificate is looked at before any host is touched."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from components.config.settings import VaultSettings
from components.deploy.inputs import find_missing_inputs
from ops import certificates
from tests.components.deploying import complete
from tests.components.recording import record
from tests.components.samples import SERVICES, settings


def changed(*, address: str = "198.51.100.11", days: int = 365, foreign: bool = False) -> tuple[str, str]:
    """What a real run says of the Vault server's certificate: its refusal, and its warnings."""
    authority = certificates.make_authority("test")
    made = certificates.issue(
        authority,
        common_name="vault",
        addresses=(address, "127.0.0.1"),
        names=("localhost",),
        lifetime=datetime.timedelta(days=days),
    )
    trusted = certificates.make_authority("other").certificate if foreign else authority.certificate
    config = {"aiswarm:tls_certificate": "any", "aiswarm:vault_private_key": made.private_key}
    vault = VaultSettings(ca_certificate=trusted, certificate=made.certificate)
    told: list[str] = []

    def program() -> None:
        found = settings(vault=vault)
        told.extend(map(str, find_missing_inputs(found, complete(found, SERVICES))))

    recording = record(program, config=config, preview=False)
    return "\n".join(told), "\n".join(recording.log)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"address": "198.51.100.12"}, "must name 198.51.100.11, got 127.0.0.1, 198.51.100.12, localhost"),
        ({"days": 0}, "must be valid now, got "),
        ({"foreign": True}, "must be signed by the authority that its clients trust, got another signer"),
    ],
)
def test_a_real_run_refuses_a_certificate_that_no_client_would_accept(
    changes: dict[str, Any], message: str
) -> None:
    refused, warned = changed(**changes)

    assert refused.startswith(f"aiswarm:vault.certificate: {message}")
    assert refused.endswith("; `./swarm rotate vault-tls --apply` makes another one")
    assert (len(refused.splitlines()), warned) == (1, "")


def test_a_certificate_that_soon_ends_is_told_and_deployed() -> None:
    refused, warned = changed(days=29)

    assert refused == ""
    assert warned.startswith("aiswarm:vault.certificate: must be valid for 30 days more, got ")
    assert changed(days=31) == ("", "")
