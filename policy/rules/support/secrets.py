"""Which inputs of a resource are secret: the one thing that the SDK hides from a rule.

Before a rule is called, pulumi-policy takes the marks of secrets off. It leaves them on for remediations,
which the engine runs before the rules, in the same process, for every resource (Pulumi engine,
`stepGenerator.continueStepsFromImport`, `AnalyzeSnapshot`). So one policy of the pack is a remediation that
changes nothing and writes down where secrets are. If it did not run, a rule that asks refuses the resource.

Two limits come from the engine. A provider that takes no secrets gives a list back without marks, and the
engine marks the whole list then (`annotateSecrets`). And the Python SDK sends a secret that is not known yet
as a plain unknown (`serialize_property`): such a field is judged in the update, still before its resource is
made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from pulumi_policy import EnforcementLevel, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy.secret import Secret

NAME = "secret-paths"

_seen: dict[str, frozenset[str]] = {}


def collector() -> ResourceValidationPolicy:
    """The policy that writes down where secrets are; it judges nothing and changes nothing."""
    return ResourceValidationPolicy(
        name=NAME,
        description="Notes which inputs are secret, for the rules that ask; changes nothing.",
        enforcement_level=EnforcementLevel.REMEDIATE,
        remediate=_collect,
    )


def seen(urn: str) -> frozenset[str] | None:
    """Paths of a resource's secret inputs, e.g. `uploads[0].content`; None when nobody looked."""
    return _seen.get(urn)


def find_marks(props: object, path: str = "") -> Iterator[str]:
    """Paths of the marked values in what a remediation is given."""
    if isinstance(props, Secret):
        yield path
    elif isinstance(props, Mapping):
        for key, value in _behind(props).items():
            yield from find_marks(value, f"{path}.{key}" if path else key)
    elif isinstance(props, list):
        for index, value in enumerate(props):
            yield from find_marks(value, f"{path}[{index}]")


def _behind(proxy: Mapping[str, object]) -> Mapping[str, object]:
    """What stands behind the SDK's proxy: read through the proxy, values have lost their marks."""
    return cast("Mapping[str, object]", proxy["__target"])


def _collect(args: ResourceValidationArgs) -> None:
    _seen.pop(args.urn, None)
    try:
        _seen[args.urn] = frozenset(find_marks(args.props))
    except Exception:  # noqa: BLE001  raised, it would end the run; not noted, every rule that asks refuses
        return
