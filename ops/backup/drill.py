"""Prove that a backup opens: put it into a scratch server and ask that. The running server is not touched."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass

from ops.backup.checks import AbandonedError, Check, Proof
from ops.backup.content import Content
from ops.backup.place import Place
from ops.backup.scratch import Scratch
from ops.backup.shelf import Backup
from ops.backup.source import Source
from ops.stack import Stack


@dataclass(frozen=True)
class Drill:
    """A backup, where its seal key and the logins in it come from, and where it is tried."""

    stack: Stack
    backup: Backup
    source: Source
    place: Callable[[], AbstractContextManager[Place]]

    def run(self, tell: Callable[[Check], None]) -> list[Check]:
        """Make all checks; the scratch server is gone afterwards, however they end.

        Args:
            tell: Takes each check when it is over.
        """
        proof = Proof(tell)
        with suppress(AbandonedError):
            with proof.check(f"seal key {self.backup.seal_key} is at hand", vital=True):
                seal_key = self.source.seal_key(self.backup.seal_key)
            room = ExitStack()
            try:
                with proof.check("scratch container starts", vital=True):
                    scratch = Scratch(room.enter_context(self.place()))
                self._try(proof, scratch, seal_key)
            finally:
                with proof.check("scratch container is gone"):
                    room.close()
        return proof.checks

    def _try(self, proof: Proof, scratch: Scratch, seal_key: str) -> None:
        with proof.check("a new server with that key", vital=True):
            scratch.start(key_id=self.backup.seal_key, seal_key=seal_key)
        with proof.check("takes the backup", vital=True):
            scratch.restore(self.backup.file.read_bytes())
        self._ask(proof, Content(scratch, self.stack, self.source))
        with proof.check("stays sealed with another key"):
            scratch.stays_sealed()
        with proof.check("opens by itself with the right one"):
            scratch.unseals()

    def _ask(self, proof: Proof, content: Content) -> None:
        if self.source.has_state:
            with proof.check("login of the program"):
                content.log_in()
            with proof.check("entries as in the state") as check:
                check.detail = content.entries()
            with proof.check("policies and roles as declared") as check:
                check.detail = content.policies()
            with proof.check("keys put in by hand") as check:
                check.detail = content.put_in_by_hand()
        for node, access in content.vault.nodes.items():
            with proof.check(f"login of the agent on {node}") as check:
                check.detail = content.node(node, access)
