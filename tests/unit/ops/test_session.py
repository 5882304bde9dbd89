"""What opening a stack leaves in the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import session, stack
from ops.stack import Stack

PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


def opened(found: Stack, authority: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Open a stack whose settings name this authority, in a checkout of the test's own."""
    vault = found.settings.vault.model_copy(update={"ca_certificate": authority})
    settings = found.settings.model_copy(update={"vault": vault})
    monkeypatch.setattr(session, "REPO", folder)
    monkeypatch.setattr(stack, "read", lambda name: Stack(name, settings, found.services))
    monkeypatch.chdir(folder)
    return session.open_stack("prod")


def test_a_fresh_checkout_has_the_authority_before_the_program_has_run(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pulumi refresh` and `destroy` start the provider without the program, and it needs the file."""
    file = tmp_path / ".vault" / "prod.pem"
    for text in (PEM.format("one"), PEM.format("another")):
        assert opened(lab_stack, text, tmp_path, monkeypatch).settings.vault.ca_certificate == text
        assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


def test_a_stack_without_authority_leaves_the_checkout_as_it_is(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(lab_stack, "", tmp_path, monkeypatch)

    assert list(tmp_path.iterdir()) == []
