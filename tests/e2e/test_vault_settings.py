"""Bad settings of what belongs to the Vault server: one exact message, and nothing was changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab import tls
from ops import certificates
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine
from tests.e2e.vault import set_secret

KEY = "aiswarm:huggingface_token"


def key_in_both_places(config: Config) -> None:
    config["aiswarm:keys_in_vault"] = {"huggingface_token": 1}


def unknown_epoch(config: Config) -> None:
    config["aiswarm:epochs"] = {"redis-pasword": 2}


def epoch_of_what_never_rotates(config: Config) -> None:
    config["aiswarm:epochs"] = {"litellm-salt-key": 2}


def foreign_certificate(config: Config) -> None:
    folder = tls.vault_folder()
    authority = certificates.Authority((folder / "ca.pem").read_text(), (folder / "ca.key").read_text())
    address = config["aiswarm:nodes"]["oracle"]["address"]
    config["aiswarm:vault"]["certificate"] = certificates.issue_for_vault(authority, address).certificate


def nothing(config: Config) -> None:
    assert KEY not in config


NO_KEY = (
    f"{KEY}: must be printable ASCII without spaces, at most 4096 characters, and no newline at the end "
    f'either, got something else; printf %s "$KEY" | pulumi config set --secret {KEY}'
)
BOTH = (
    f"{KEY}: must not be in the stack file and in Vault, got both; "
    f"`pulumi config rm {KEY}` or `./swarm keys remove huggingface_token`"
)
LAST_EPOCHS = "starlord-agent-id, thanos-agent-id, vault-pulumi-id, vault-seal, got"
"""End of the list of those that there are."""

PAIR = "aiswarm:vault_private_key: must be the private key of aiswarm:vault.certificate, got another one"


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (nothing, "first-line\nsecond-line", NO_KEY),
        (nothing, "bell\a", NO_KEY),
        (key_in_both_places, "some-key", BOTH),
        (unknown_epoch, "", f"{LAST_EPOCHS} 'redis-pasword'"),
        (epoch_of_what_never_rotates, "", f"{LAST_EPOCHS} 'litellm-salt-key'"),
        (foreign_certificate, "", PAIR),
    ],
    ids=[
        "newline",
        "control character",
        "both places",
        "unknown epoch",
        "fixed epoch",
        "foreign certificate",
    ],
)
def test_refused(
    engine: Engine, deployed: Stack, tmp_path: Path, change: Callable[[Config], None], key: str, said: str
) -> None:
    before = engine.identities()
    changed = engine.altered(tmp_path, change)
    if key:
        set_secret(changed, KEY, key)

    answer = changed.run(*UP)

    assert answer.status != 0, deployed.name
    assert "1 problem in the configuration, no host was touched:" in answer.text
    assert said in " ".join(answer.text.split())
    assert not key or key not in answer.text
    assert "Traceback" not in answer.text
    assert engine.identities() == before
