"""One step of a plan: what the engine would do with one resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ops.gate.shape import Event, MalformedError

_NODE = re.compile(r"\baiswarm:index:([A-Z][a-z]+)Node\b")
_PARTS = 4
_SECRET = "[secret]"  # noqa: S105 - what the engine prints in place of one
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine prints for a value that only the update will know (sdk/go/common/resource/plugin)."""

_SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the same for every secret
"""Stands beside `[secret]` (sdk/go/common/resource/sig)."""

_MEMORY = "tmpfs"
_BINDING = frozenset({"bind", "rbind"})

SHOWN = frozenset(
    {
        "cpus",
        "destroyGraceSeconds",
        "gpus",
        "hostname",
        "image",
        "ipamConfigs",
        "keepLocally",
        "labels",
        "memory",
        "memorySwap",
        "mounts",
        "name",
        "networksAdvanced",
        "path",
        "platform",
        "ports",
        "readOnly",
        "restart",
        "shmSize",
        "stopTimeout",
        "tmpfs",
        "type",
        "user",
        "volumes",
    }
)
"""Inputs that never hold a secret: neither `envs` nor `command`, `stdin` or `dataJson`, hidden or not."""


class Op(StrEnum):
    """What the engine does (pulumi, pkg/resource/deploy/step.go)."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A resource before or after its step."""

    protect: bool
    retain_on_delete: bool
    external: bool
    """Read and not managed."""

    in_memory: bool
    """A volume in memory: what is in it is gone anyway as soon as no container uses it."""

    inputs: Mapping[str, object]
    """Those of `SHOWN` that are known and hold no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. A replacement has three: `replace` itself, which alone is `logical`, and its two halves."""

    op: Op
    urn: str
    type: str
    before: State | None
    after: State | None
    changed: tuple[str, ...]
    """Paths of the properties that differ."""

    forcing: tuple[str, ...]
    """Properties that ask for a replacement."""

    logical: bool
    """Whether the summary counts it."""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.split("::", 3)[3]

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.urn.split("::")[0].removeprefix("urn:pulumi:")

    @property
    def node(self) -> str | None:
        """The machine: the component that the resource is part of says so, and else its own label."""
        found = _NODE.search(self.urn.split("::", 3)[2])
        return found[1].lower() if found else self.label("aiswarm.node")

    @property
    def protect(self) -> bool:
        """Whether the engine refuses to remove it; the end of a protection is a change of its own."""
        return any(state.protect for state in (self.before, self.after) if state)

    @property
    def retain_on_delete(self) -> bool:
        """Whether the thing stays when its resource goes."""
        state = self.after or self.before
        return state is not None and state.retain_on_delete

    @property
    def external(self) -> bool:
        """Whether it is only read."""
        state = self.after or self.before
        return state is not None and state.external

    @property
    def old(self) -> Mapping[str, object]:
        """Inputs before the step that are no secret."""
        return self.before.inputs if self.before else {}

    @property
    def new(self) -> Mapping[str, object]:
        """Inputs after the step that are no secret."""
        return self.after.inputs if self.after else {}

    def label(self, name: str) -> str | None:
        """Value of one of the resource's labels, now or, for one that goes, before."""
        labels = (self.new or self.old).get("labels")
        for label in labels if isinstance(labels, list) else []:
            if isinstance(label, dict) and label.get("label") == name:
                return str(label.get("value"))
        return None


def read(metadata: Event) -> Step:
    """The step that an event describes.

    Raises:
        MalformedError: It is none, or of a kind that nobody could judge.
    """
    urn, op = metadata.text("urn"), metadata.text("op")
    if not urn.startswith("urn:pulumi:") or len(urn.split("::", 3)) != _PARTS:
        raise MalformedError(f"urn: must be urn:pulumi:STACK::PROJECT::TYPE::NAME, got {urn!r}")
    if op not in set(Op):
        raise MalformedError(f"op: must be one of {', '.join(Op)}, got {op!r}")
    return Step(
        op=Op(op),
        urn=urn,
        type=metadata.text("type"),
        before=_state(metadata.maybe("old")),
        after=_state(metadata.maybe("new")),
        changed=tuple(sorted(metadata.values("detailedDiff"))) or tuple(sorted(metadata.texts("diffs"))),
        forcing=tuple(sorted(metadata.texts("keys"))),
        logical=metadata.flag("logical"),
    )


def _state(state: Event | None) -> State | None:
    if state is None:
        return None
    inputs = state.values("inputs")
    return State(
        protect=state.flag("protect"),
        retain_on_delete=state.flag("retainOnDelete"),
        external=state.flag("external"),
        in_memory=_is_in_memory(inputs),
        inputs={name: value for name, value in inputs.items() if name in SHOWN and _presentable(value)},
    )


def _is_in_memory(volume: Mapping[str, object]) -> bool:
    """Whether Docker's own driver mounts nothing but memory: a folder is bound under any type (mount(8))."""
    options = volume.get("driverOpts")
    if not isinstance(options, dict) or volume.get("driver", "local") != "local":
        return False
    words = options.get("o", "")
    return (
        options.get("type") == _MEMORY
        and options.get("device", "") in {"", _MEMORY}
        and isinstance(words, str)
        and _presentable(words)
        and _BINDING.isdisjoint(word.strip() for word in words.split(","))
    )


def _presentable(value: object) -> bool:
    """Whether a value is known through and through, and the engine hid nothing in it."""
    return not any(text in leaf for leaf in texts(value) for text in (_SECRET, _UNKNOWN))


def open_names(values: Mapping[str, object], inside: str = "") -> Iterator[str]:
    """Names of values of which any text is shown: neither hidden by the engine nor unknown to it."""
    for name, value in values.items():
        if any(leaf and leaf not in {_SECRET, _UNKNOWN, _SECRET_MARK} for leaf in texts(value)):
            yield f"{inside}{name}"
        if isinstance(value, dict):
            yield from open_names(value, f"{inside}{name}.")


def texts(value: object) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)
