"""The shape of a plugin: a table of resource types, each a table of properties. For the lab only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lab.plugins.kit.call import Call, Props


def _as_it_is(value: object) -> object:
    return value


class Kind(StrEnum):
    """What a property holds, in the words of its error message."""

    TEXT = "text"
    NUMBER = "a whole number"
    FLAG = "true or false"
    LIST = "a list"
    TEXTS = "a list of texts"
    MAP = "a map of texts"
    OBJECT = "an object"
    ASSET = "an asset or an archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input property.

    Attributes:
        default: Filled in by Check, as upstream's schema does; None means no default.
        replaces: A change creates the resource anew.
        secret: Always secret, whatever the program says.
        one_of: The only values allowed, if not empty.
        fields: The properties of an OBJECT.
        computed: Filled in from outside where the program leaves it out, and then no change.
        meaning: What two known values have in common where they only differ in writing.
    """

    kind: Kind
    required: bool = False
    default: object = None
    replaces: bool = False
    secret: bool = False
    one_of: tuple[object, ...] = ()
    fields: Mapping[str, Input] = field(default_factory=dict)
    computed: bool = False
    meaning: Callable[[object], object] = _as_it_is


@dataclass(frozen=True, slots=True)
class Created:
    """A new resource: its id and its computed outputs."""

    id: str
    outputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Imported:
    """An existing resource as `pulumi import` takes it over."""

    id: str
    inputs: Mapping[str, object]
    outputs: Mapping[str, object]


def _no_problems(_: Props) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource type. Handlers get plain values and return computed outputs; the kit keeps the marks.

    Attributes:
        outputs: Computed properties; those that only repeat an input are not listed.
        secret_outputs: Computed properties that are always secret.
        inputs_taint_outputs: Every computed output is secret as soon as one input is (as in `command`).
        update: None where every property replaces: an update then only repeats the inputs.
        delete: None where nothing outside the state has to go.
        read: Find inputs and computed outputs as they are outside the state, for a refresh; None means that
            the resource is gone. Without `read`, a refresh repeats the state.
        take_over: Make the resource from an import id; None where upstream cannot import.
        problems: Rules over several inputs, as (property, what must hold); called with known values only.
    """

    inputs: Mapping[str, Input]
    outputs: tuple[str, ...]
    create: Callable[[Call], Created]
    update: Callable[[Call], Mapping[str, object]] | None = None
    delete: Callable[[Call], None] | None = None
    read: Callable[[Call], Mapping[str, object] | None] | None = None
    take_over: Callable[[str], Imported] | None = None
    problems: Callable[[Props], Iterable[tuple[str, str]]] = _no_problems
    secret_outputs: tuple[str, ...] = ()
    inputs_taint_outputs: bool = False


def _ignore(_: Props) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Package:
    """A plugin: the package's name, its resource types by token, and the settings of the provider itself.

    Attributes:
        configure: Take the settings, once, before any handler is called; it must not contact anything,
            because a preview calls it too.
    """

    name: str
    resources: Mapping[str, Resource]
    settings: Mapping[str, Input] = field(default_factory=dict)
    configure: Callable[[Props], None] = _ignore
