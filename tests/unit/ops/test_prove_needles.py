"""That a value is found however a program has written it down."""

from __future__ import annotations

import base64
import json
import string
import textwrap
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.prove.needles import Form, Needles, Source, needle, needles

LETTERS = string.ascii_letters + string.digits
PRINTABLE = string.ascii_letters + string.digits + string.punctuation + "äß"
words = st.text(LETTERS, min_size=8, max_size=80)
texts = st.text(PRINTABLE, min_size=8, max_size=80)
neighbours = st.binary(max_size=200)


def forms(value: str, text: str) -> set[Form]:
    """The forms in which a value is found in a text."""
    return {source.form for source in needles({"x": value}).within(text)}


def wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width))


@given(value=texts, before=neighbours, after=neighbours)
def test_base64_of_anything_around_a_value(value: str, before: bytes, after: bytes) -> None:
    whole = before + value.encode() + after

    assert Form.BASE64 in forms(value, base64.b64encode(whole).decode())
    assert Form.BASE64 in forms(value, base64.urlsafe_b64encode(whole).decode())


@given(
    value=st.text(LETTERS, min_size=26, max_size=200),
    before=neighbours,
    after=neighbours,
    width=st.sampled_from((64, 76)),
)
def test_base64_broken_into_lines(value: str, before: bytes, after: bytes, width: int) -> None:
    encoded = base64.b64encode(before + value.encode() + after).decode()

    assert Form.BASE64 in forms(value, wrapped(encoded, width))


@given(value=texts)
def test_other_encodings(value: str) -> None:
    assert Form.TEXT in forms(value, f"password={value}\n")
    assert Form.HEX in forms(value, value.encode().hex())
    assert Form.HEX in forms(value, value.encode().hex().upper())
    assert forms(value, quote(value, safe=""))
    assert forms(value, quote(value))
    assert forms(value, json.dumps({"key": value}))
    assert forms(value, json.dumps({"key": value}, ensure_ascii=False))


def test_json_as_go_writes_it() -> None:
    assert forms("a<b>c&d-and-more", r'{"key":"a\u003cb\u003ec\u0026d-and-more"}') == {Form.JSON}


@given(key=st.binary(min_size=16, max_size=64), before=neighbours, after=neighbours)
def test_a_key_in_hex_is_found_as_the_bytes_that_it_stands_for(
    key: bytes, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + key + after).decode()

    assert Form.BASE64_OF_BYTES in forms(key.hex(), encoded)
    assert Form.TEXT in forms(key.hex(), key.hex().upper())


@given(value=words, other=words)
def test_another_value_is_not_found(value: str, other: str) -> None:
    if value in f"password={other}":
        return

    assert forms(value, f"password={other}") == set()


@given(values=st.dictionaries(words, texts, max_size=4))
def test_every_pattern_is_one_line_of_its_own(values: dict[str, str]) -> None:
    found = needles(values)
    lines = found.lines.split("\n")

    assert lines[0] == found.canary
    assert lines[1:-1] == list(found.sources)
    assert all(lines[:-1])


def test_pem_is_looked_for_by_a_line_of_its_middle() -> None:
    body = [character * 64 for character in "abc"] + ["d" * 10]
    pem = "\n".join(("-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----", ""))

    assert needle(pem) == "b" * 64
    assert needle(pem.replace("\n", "\r\n")) == "b" * 64
    assert forms(pem, pem) == {Form.TEXT}
    assert Form.TEXT in forms(pem, json.dumps(pem))


@pytest.mark.parametrize("value", ["-----------", "one line only", " in spaces "])
def test_a_single_line_stands_for_itself(value: str) -> None:
    assert needle(value) == value.strip()


def test_one_value_of_two_secrets_has_both_names() -> None:
    found = needles({"first": "same value", "second": "same value"})

    assert found.within("same value") == {Source(("first", "second"), Form.TEXT): 0}


def test_the_first_place_is_told() -> None:
    found = needles({"x": "the value"})

    assert found.within("so the value, the value") == {Source(("x",), Form.TEXT): 3}


@given(value=texts)
def test_nothing_shows_a_value(value: str) -> None:
    found = needles({"x": value})
    encoded = base64.b64encode(value.encode()).decode()

    assert value not in repr(found)
    assert found.canary not in repr(found)
    assert value not in found.cleaned(f"bad thing: '{value}'").replace("<x>", "")
    assert not found.within(found.cleaned(encoded).replace("<x>", "\n"))


def test_canaries_differ() -> None:
    assert Needles({}).canary != Needles({}).canary
