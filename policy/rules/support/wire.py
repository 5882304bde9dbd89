"""Resources as the engine sends them, read once: every rule is handed the same plain values.

Not the SDK's own reading, for three reasons. It decodes a resource anew for every rule, and a stack for every
rule on stacks: with 300 containers and these rules a preview takes twice as long. It hands out proxies that
raise at an unknown value, which gives up the whole rule and makes a remark of it. And it takes the marks of
secrets off, so that a rule cannot tell what is one.

Two limits come from the engine. A provider that takes no secrets gives a list back without marks, and the
engine marks the whole list then (`annotateSecrets`). And the Python SDK sends a secret that is not known yet
as a plain unknown (`serialize_property`): such a field is judged in the update, still before its resource is
made.
"""

from __future__ import annotations

from typing import cast

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.proto.analyzer_pb2 import AnalyzeRequest, AnalyzerResource
from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from .fields import Fields, Marker
from .resources import Resource

UNKNOWNS = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)
"""Texts that stand for a value that exists only after the update."""


def read(sent: AnalyzeRequest | AnalyzerResource) -> Resource:
    """One resource; only as part of a stack it tells what it waits for."""
    marks: set[str] = set()
    fields = _Reader(marks).read(sent.properties, "")
    provider = _Reader(set()).read(sent.provider.properties, "") if sent.HasField("provider") else None
    return Resource(
        type=sent.type,
        name=sent.name,
        urn=sent.urn,
        fields=Fields(fields),
        provider=None if provider is None else Fields(provider, "provider"),
        dependencies=frozenset(sent.dependencies if isinstance(sent, AnalyzerResource) else ()),
        secrets=frozenset(marks),
        protected=sent.options.protect,
    )


class _Reader:
    """Turns messages into values, and notes the paths of those that are marked as secret."""

    def __init__(self, marks: set[str]) -> None:
        self._marks = marks

    def read(self, sent: Struct, path: str) -> dict[str, object]:
        """The fields of an object, at any depth."""
        start = f"{path}." if path else ""
        return {key: self._value(value, f"{start}{key}") for key, value in sent.fields.items()}

    def _value(self, sent: Value, path: str) -> object:
        kind = sent.WhichOneof("kind")
        if kind == "string_value":
            return Marker.UNKNOWN if sent.string_value in UNKNOWNS else sent.string_value
        if kind == "struct_value":
            return self._object_or_secret(sent.struct_value, path)
        if kind == "list_value":
            return [
                self._value(item, f"{path}[{index}]") for index, item in enumerate(sent.list_value.values)
            ]
        return None if kind in {None, "null_value"} else cast("object", getattr(sent, kind))

    def _object_or_secret(self, sent: Struct, path: str) -> object:
        """Files and references to resources have a signature, too; they stay objects, which are no texts."""
        fields = sent.fields
        if SPECIAL_SIG_KEY in fields and fields[SPECIAL_SIG_KEY].string_value == SPECIAL_SECRET_SIG:
            self._marks.add(path)
            return self._value(fields["value"], path)
        return self.read(sent, path)
