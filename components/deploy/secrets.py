"""The values behind the specs' secret references; every one of them stays encrypted in the state."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_random as random

from components.deploy.inputs import configured_secret
from components.model.problems import Problem, SpecError
from components.model.secrets import SecretForm, SecretRef, SecretSource
from components.model.specs import ServiceSpec

_FINGERPRINT_KEY = SecretRef(name="fingerprint-key", length=48)


class Secrets(pulumi.ComponentResource):
    """One value for each distinct reference of the whole swarm, whichever node asks for it."""

    names: list[str]
    """Names of the secrets there are, generated and configured; never a value."""

    def __init__(
        self,
        name: str,
        references: Iterable[SecretRef],
        epochs: Mapping[str, int],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:Secrets", name, {}, opts)
        self._epochs = epochs
        self._values = {ref.name: self._make(name, ref) for ref in _distinct(references).values()}
        self._fingerprint_key = self._make(name, _FINGERPRINT_KEY)
        self.names = sorted(self._values)
        self.register_outputs({"names": self.names})

    def value(self, ref: SecretRef) -> pulumi.Output[str]:
        """The secret value of a reference."""
        return self._values[ref.name]

    def text(self, parts: Sequence[str | SecretRef]) -> pulumi.Output[str]:
        """Literal text and values of references, concatenated; a secret even without a reference."""
        words = [part if isinstance(part, str) else self.value(part) for part in parts]
        return pulumi.Output.secret(pulumi.Output.concat(*words))

    def version(self, spec: ServiceSpec) -> pulumi.Output[str]:
        """What changes whenever one of the service's secret files does; it may be shown.

        It is keyed: a bare hash of a password that a human chose could be searched for; this one tells
        nothing without the key, which stays encrypted in the state.
        """
        return self.version_of(spec.full_name, {file.name: file.parts for file in spec.secrets})

    def version_of(self, owner: str, files: Mapping[str, Sequence[str | SecretRef]]) -> pulumi.Output[str]:
        """The same for named texts of anything else; `owner` keeps equal values apart."""
        texts = {name: self._shape(parts) for name, parts in files.items()}

        def fingerprint(values: list[Any]) -> str:
            key, found = values
            message = json.dumps([owner, found], sort_keys=True)
            return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()

        both = pulumi.Output.all(self._fingerprint_key, pulumi.Output.all(**texts))
        return pulumi.Output.unsecret(both.apply(fingerprint))

    def _shape(self, parts: Sequence[str | SecretRef]) -> pulumi.Output[str]:
        """The text, with a count in place of each value that this program never sees."""
        return self.text([_unseen(part) for part in parts])

    def _make(self, prefix: str, ref: SecretRef) -> pulumi.Output[str]:
        if ref.source is SecretSource.CONFIGURED:
            return configured_secret(ref.name)
        epoch = self._epochs.get(ref.name, 1)
        # None for the first epoch: to begin counting must not change a value.
        keepers = {"epoch": str(epoch)} if epoch > 1 else None
        # Otherwise a secret that no service names for one `up` would come back with another value.
        opts = pulumi.ResourceOptions(parent=self, protect=ref.kept_with_data)
        made = _generate(f"{prefix}-{ref.name}", ref, keepers, opts)
        # Marked once more: that the value is secret shall not rest on one line of a generated SDK.
        return pulumi.Output.secret(made)


def _generate(
    name: str, ref: SecretRef, keepers: Mapping[str, str] | None, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    match ref.form:
        case SecretForm.HEX:
            return random.RandomBytes(name, length=ref.length, keepers=keepers, opts=opts).hex
        case SecretForm.BASE64:
            return random.RandomBytes(name, length=ref.length, keepers=keepers, opts=opts).base64
        case SecretForm.UUID:
            return random.RandomUuid(name, keepers=keepers, opts=opts).result
        case SecretForm.WORD:
            return random.RandomPassword(
                name, length=ref.length, special=False, keepers=keepers, opts=opts
            ).result


def _unseen(part: str | SecretRef) -> str | SecretRef:
    if isinstance(part, SecretRef) and part.source is SecretSource.VAULT:
        return f"{part.name} #{part.times_set}"
    return part


def _distinct(references: Iterable[SecretRef]) -> Mapping[str, SecretRef]:
    """The references whose values pass through here, by their names in a fixed order.

    Raises:
        SpecError: Two different references share a name, so one of two services would get the wrong value.
    """
    found: dict[str, SecretRef] = {}
    for ref in references:
        if ref.source is SecretSource.VAULT:
            continue
        if found.setdefault(ref.name, ref) != ref:
            raise SpecError(
                Problem(
                    f"secrets.{ref.name}",
                    "must have the same source, form, length and protection wherever it is named",
                    f"{_description(found[ref.name])} and {_description(ref)}",
                )
            )
    return dict(sorted(found.items()))


def _description(ref: SecretRef) -> str:
    kept = ", kept with data" if ref.kept_with_data else ""
    return f"{ref.source}, {ref.form} of {ref.length}{kept}"
