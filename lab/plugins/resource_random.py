"""The lab's stand-in for the `random` plugin: the types of pulumi-random that the swarm may use.

For the lab only; production uses the official plugin. Names, defaults and ids follow
terraform-provider-random, which the official plugin bridges. `secrets` is the source of randomness
throughout.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import secrets
import string
import uuid
from collections.abc import Iterator, Mapping

from lab.plugins.kit.call import Call, PluginError, Props
from lab.plugins.kit.table import Created, Imported, Input, Kind, Package, Resource

DEFAULT_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
BCRYPT_COST = 10
BCRYPT_BYTES = 72
"""What bcrypt looks at; upstream cuts longer passwords too."""

_KEEPERS = Input(kind=Kind.MAP, replaces=True)
_CLASSES = {"lower": string.ascii_lowercase, "upper": string.ascii_uppercase, "numeric": string.digits}
_MINIMUM = {"lower": "minLower", "upper": "minUpper", "numeric": "minNumeric", "special": "minSpecial"}


def _flag() -> Input:
    return Input(kind=Kind.FLAG, default=True, replaces=True)


_TEXT_INPUTS: Mapping[str, Input] = {
    "length": Input(kind=Kind.NUMBER, required=True, replaces=True),
    "lower": _flag(),
    "upper": _flag(),
    "special": _flag(),
    # `number` is the old name of `numeric`: no default for either, or giving one would contradict the other.
    "number": Input(kind=Kind.FLAG, replaces=True),
    "numeric": Input(kind=Kind.FLAG, replaces=True),
    "overrideSpecial": Input(kind=Kind.TEXT, replaces=True),
    "keepers": _KEEPERS,
    **{name: Input(kind=Kind.NUMBER, default=0, replaces=True) for name in _MINIMUM.values()},
}


def _numeric(props: Props) -> bool:
    return props.flag("numeric", default=props.flag("number", default=True))


def _alphabets(props: Props) -> dict[str, str]:
    special = props.text("overrideSpecial") or DEFAULT_SPECIAL
    allowed = {name: props.flag(name, default=True) for name in ("lower", "upper", "special")}
    allowed["numeric"] = _numeric(props)
    return {name: chars for name, chars in {**_CLASSES, "special": special}.items() if allowed[name]}


def _text_problems(props: Props) -> Iterator[tuple[str, str]]:
    length = props.number("length")
    required = sum(props.number(name) for name in _MINIMUM.values())
    if length < max(1, required):
        yield "length", f"must be at least 1 and the sum of the minimums, {required}"
    alphabets = _alphabets(props)
    if not alphabets:
        yield "length", "must have at least one kind of character allowed"
    for kind, minimum in _MINIMUM.items():
        if props.number(minimum) and kind not in alphabets:
            yield minimum, f"must be 0 where {kind} characters are not allowed"


def _text(props: Props) -> str:
    alphabets = _alphabets(props)
    everything = "".join(alphabets.values())
    chosen = [
        secrets.choice(alphabets[kind])
        for kind, minimum in _MINIMUM.items()
        for _ in range(props.number(minimum))
    ]
    chosen += [secrets.choice(everything) for _ in range(props.number("length") - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _text_outputs(props: Props, result: str) -> dict[str, object]:
    return {"result": result, "number": _numeric(props), "numeric": _numeric(props)}


def _bcrypt(password: str) -> str:
    bcrypt = importlib.import_module("bcrypt")  # on first use: most plugin processes never hash
    salt = bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")
    return str(bcrypt.hashpw(password.encode()[:BCRYPT_BYTES], salt).decode())


def _create_password(call: Call) -> Created:
    result = _text(call.inputs)
    return Created("none", {**_text_outputs(call.inputs, result), "bcryptHash": _bcrypt(result)})


def _import_password(result: str) -> Imported:
    outputs = {**_text_outputs(Props(), result), "bcryptHash": _bcrypt(result)}
    return Imported("none", {"length": len(result)}, outputs)


def _create_string(call: Call) -> Created:
    result = _text(call.inputs)
    return Created(result, _text_outputs(call.inputs, result))


def _import_string(result: str) -> Imported:
    return Imported(result, {"length": len(result)}, _text_outputs(Props(), result))


def _url_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _id_outputs(raw: bytes, prefix: str) -> dict[str, object]:
    return {
        "b64Url": prefix + _url_base64(raw),
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "hex": prefix + raw.hex(),
        "dec": prefix + str(int.from_bytes(raw, "big")),
    }


def _create_id(call: Call) -> Created:
    raw = secrets.token_bytes(call.inputs.number("byteLength"))
    return Created(_url_base64(raw), _id_outputs(raw, call.inputs.text("prefix") or ""))


def _import_id(text: str) -> Imported:
    prefix, _, encoded = text.rpartition(",")
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error as error:
        raise PluginError("import id: must be [prefix,]URL-safe base64 without padding") from error
    inputs = {"byteLength": len(raw), **({"prefix": prefix} if prefix else {})}
    return Imported(encoded, inputs, _id_outputs(raw, prefix))


def _id_problems(props: Props) -> Iterator[tuple[str, str]]:
    if props.number("byteLength") < 1:
        yield "byteLength", "must be at least 1"


def _create_bytes(call: Call) -> Created:
    raw = secrets.token_bytes(call.inputs.number("length"))
    return Created("none", {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()})


def _bytes_problems(props: Props) -> Iterator[tuple[str, str]]:
    if props.number("length") < 1:
        yield "length", "must be at least 1"


def _create_uuid(_: Call) -> Created:
    result = str(uuid.uuid4())
    return Created(result, {"result": result})


def _import_uuid(text: str) -> Imported:
    try:
        result = str(uuid.UUID(text))
    except ValueError as error:
        raise PluginError("import id: must be a UUID") from error
    return Imported(result, {}, {"result": result})


PACKAGE = Package(
    "random",
    {
        "random:index/randomPassword:RandomPassword": Resource(
            inputs=_TEXT_INPUTS,
            outputs=("result", "bcryptHash", "number", "numeric"),
            secret_outputs=("result", "bcryptHash"),
            create=_create_password,
            take_over=_import_password,
            problems=_text_problems,
        ),
        "random:index/randomString:RandomString": Resource(
            inputs=_TEXT_INPUTS,
            outputs=("result", "number", "numeric"),
            create=_create_string,
            take_over=_import_string,
            problems=_text_problems,
        ),
        "random:index/randomId:RandomId": Resource(
            inputs={
                "byteLength": Input(kind=Kind.NUMBER, required=True, replaces=True),
                "prefix": Input(kind=Kind.TEXT, replaces=True),
                "keepers": _KEEPERS,
            },
            outputs=("b64Url", "b64Std", "hex", "dec"),
            create=_create_id,
            take_over=_import_id,
            problems=_id_problems,
        ),
        # No import: upstream takes the value itself as the id, and the engine keeps that id in plain text.
        "random:index/randomBytes:RandomBytes": Resource(
            inputs={
                "length": Input(kind=Kind.NUMBER, required=True, replaces=True),
                "keepers": _KEEPERS,
            },
            outputs=("base64", "hex"),
            secret_outputs=("base64", "hex"),
            create=_create_bytes,
            problems=_bytes_problems,
        ),
        "random:index/randomUuid:RandomUuid": Resource(
            inputs={"keepers": _KEEPERS}, outputs=("result",), create=_create_uuid, take_over=_import_uuid
        ),
    },
)
