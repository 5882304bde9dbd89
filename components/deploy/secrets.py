"""The values behind the specs' secret references; every one of them stays encrypted in the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_random as random

from components.deploy.inputs import configured_secret, secret_references
from components.model.checks import Swarm
from components.model.problems import Problem, SpecError
from components.model.secrets import SecretRef, SecretSource

_FINGERPRINT_KEY = SecretRef(name="fingerprint-key", length=48)


class Secrets(pulumi.ComponentResource):
    """One value for each distinct reference of the whole swarm, whichever node asks for it."""

    fingerprint_key: pulumi.Output[str]
    """Key of the fingerprints by which the engine sees that a secret has changed."""

    names: list[str]
    """Names of the secrets there are, generated and configured; never a value."""

    def __init__(self, name: str, swarm: Swarm, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aiswarm:index:Secrets", name, {}, opts)
        self._values = {ref.name: self._make(name, ref) for ref in _distinct(swarm).values()}
        self.fingerprint_key = self._make(name, _FINGERPRINT_KEY)
        self.names = sorted(self._values)
        self.register_outputs({"fingerprint_key": self.fingerprint_key, "names": self.names})

    def value(self, ref: SecretRef) -> pulumi.Output[str]:
        """The secret value of a reference."""
        return self._values[ref.name]

    def text(self, parts: Sequence[str | SecretRef]) -> pulumi.Output[str]:
        """Literal text and values of references, concatenated; a secret even without a reference."""
        words = [part if isinstance(part, str) else self.value(part) for part in parts]
        return pulumi.Output.secret(pulumi.Output.concat(*words))

    def _make(self, prefix: str, ref: SecretRef) -> pulumi.Output[str]:
        if ref.source is SecretSource.CONFIGURED:
            return configured_secret(ref.name)
        password = random.RandomPassword(
            f"{prefix}-{ref.name}",
            length=ref.length,
            special=False,
            # Otherwise a secret that no service names for one `up` would come back with another value.
            opts=pulumi.ResourceOptions(parent=self, protect=ref.kept_with_data),
        )
        # Marked once more: that the value is secret shall not rest on one line of a generated SDK.
        return pulumi.Output.secret(password.result)


def _distinct(swarm: Swarm) -> Mapping[str, SecretRef]:
    """The references by their names, in a fixed order.

    Raises:
        SpecError: Two different references share a name, so one of two services would get the wrong value.
    """
    found: dict[str, SecretRef] = {}
    for ref in secret_references(swarm):
        if found.setdefault(ref.name, ref) != ref:
            raise SpecError(
                Problem(
                    f"secrets.{ref.name}",
                    "must have the same source, length and protection wherever it is named",
                    f"{_shape(found[ref.name])} and {_shape(ref)}",
                )
            )
    return dict(sorted(found.items()))


def _shape(ref: SecretRef) -> str:
    kept = ", kept with data" if ref.kept_with_data else ""
    return f"{ref.source}, {ref.length} characters{kept}"
