"""Property values on the wire and in Python: marks are kept, unknowns stay unknown. For the lab only.

A value is None, bool, int, float, str, list, dict or `Secret`; an asset stays the dict that the engine sends.
The signatures are the engine's (sdk/go/common/resource/properties.go in pulumi/pulumi).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf import struct_pb2

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A value that only exists after the deployment, in a preview; the same text in Python and on the wire."""

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that makes an object on the wire something else than an object."""

_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's type tag, not a secret
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine encrypts in the state and masks on the screen. Its `repr` shows nothing."""

    value: object

    def __repr__(self) -> str:
        return "Secret(…)"


def from_struct(struct: struct_pb2.Struct) -> dict[str, object]:
    """Read the properties of a request."""
    return {key: _from_wire(value) for key, value in struct.fields.items()}


def to_struct(properties: Mapping[str, object]) -> struct_pb2.Struct:
    """Write properties for a response."""
    struct = struct_pb2.Struct()
    struct.update(cast("dict[str, Any]", _to_wire(dict(properties))))
    return struct


def plain(value: object) -> object:
    """Take all secret marks off, at any depth."""
    match value:
        case Secret():
            return plain(value.value)
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def secret(value: object) -> object:
    """Mark a value; marking twice changes nothing. An unknown may be marked too."""
    return value if isinstance(value, Secret) else Secret(value)


def has_secret(value: object) -> bool:
    """Tell whether a mark sits anywhere in a value."""
    return any(isinstance(item, Secret) for item in _walk(value))


def has_unknown(value: object) -> bool:
    """Tell whether any part of a value is unknown."""
    return any(item == UNKNOWN for item in _walk(value))


def _walk(value: object) -> Iterator[object]:
    yield value
    match value:
        case Secret():
            yield from _walk(value.value)
        case dict():
            for item in value.values():
                yield from _walk(item)
        case list():
            for item in value:
                yield from _walk(item)


def _from_wire(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case "struct_value":
            fields = from_struct(value.struct_value)
            return Secret(fields.get("value")) if fields.get(SIGNATURE) == _SECRET else fields
        case "list_value":
            return [_from_wire(item) for item in value.list_value.values]
        case "number_value":  # every number arrives as a double
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _to_wire(value: object) -> object:
    match value:
        case Secret():
            return {SIGNATURE: _SECRET, "value": _to_wire(value.value)}
        case dict():
            return {key: _to_wire(item) for key, item in value.items()}
        case list():
            return [_to_wire(item) for item in value]
        case _:
            return value
