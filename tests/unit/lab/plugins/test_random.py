"""Random values: what the program asks for is what it gets, and passwords never show."""

from __future__ import annotations

import base64
import string
import uuid

import bcrypt
import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins.kit.values import UNKNOWN, Secret, plain, to_struct
from tests.unit.lab.plugins.conftest import Plugin

PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type
STRING = "random:index/randomString:RandomString"
ID = "random:index/randomId:RandomId"
UUID = "random:index/randomUuid:RandomUuid"
BYTES = "random:index/randomBytes:RandomBytes"


def test_password_is_secret_hashed_and_of_the_asked_length(plugin: Plugin) -> None:
    resource_id, made = plugin(PASSWORD).create({"length": 20})
    assert resource_id == "none"
    assert isinstance(made["result"], Secret)
    assert isinstance(made["bcryptHash"], Secret)
    result = str(plain(made["result"]))
    assert len(result) == 20
    assert bcrypt.checkpw(result.encode(), str(plain(made["bcryptHash"])).encode())
    assert made["numeric"] is made["number"] is made["lower"] is True


def test_two_passwords_differ(plugin: Plugin) -> None:
    results = {plain(plugin(PASSWORD).create({"length": 24})[1]["result"]) for _ in range(3)}
    assert len(results) == 3


def test_password_longer_than_bcrypt_reads_still_gets_a_hash(plugin: Plugin) -> None:
    _, made = plugin(PASSWORD).create({"length": 100})
    result = str(plain(made["result"])).encode()
    assert bcrypt.checkpw(result[:72], str(plain(made["bcryptHash"])).encode())


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ({"special": False}, string.ascii_letters + string.digits),
        ({"special": False, "numeric": False}, string.ascii_letters),
        ({"special": False, "number": False}, string.ascii_letters),
        ({"lower": False, "upper": False, "special": False}, string.digits),
        ({"lower": False, "upper": False, "numeric": False, "overrideSpecial": "-_"}, "-_"),
    ],
)
def test_only_allowed_characters_appear(plugin: Plugin, asked: dict[str, object], allowed: str) -> None:
    _, made = plugin(STRING).create({"length": 200, **asked})
    assert set(str(made["result"])) <= set(allowed)


def test_minimums_are_kept(plugin: Plugin) -> None:
    asked = {"length": 8, "minNumeric": 3, "minSpecial": 2, "minUpper": 3}
    result = str(plugin(STRING).create(asked)[1]["result"])
    assert sum(char in string.digits for char in result) >= 3
    assert sum(char in string.ascii_uppercase for char in result) >= 3
    assert sum(char not in string.ascii_letters + string.digits for char in result) >= 2


def test_id_shows_the_same_bytes_in_every_form(plugin: Plugin) -> None:
    resource_id, made = plugin(ID).create({"byteLength": 9, "prefix": "node-"})
    raw = bytes.fromhex(str(made["hex"]).removeprefix("node-"))
    assert len(raw) == 9
    assert made["b64Std"] == "node-" + base64.b64encode(raw).decode()
    assert made["b64Url"] == "node-" + resource_id
    assert made["dec"] == f"node-{int.from_bytes(raw, 'big')}"


def test_bytes_are_secret_in_both_forms(plugin: Plugin) -> None:
    _, made = plugin(BYTES).create({"length": 32})
    assert isinstance(made["hex"], Secret)
    assert isinstance(made["base64"], Secret)
    raw = bytes.fromhex(str(plain(made["hex"])))
    assert len(raw) == 32
    assert base64.b64decode(str(plain(made["base64"]))) == raw
    assert raw.hex() != plain(plugin(BYTES).create({"length": 32})[1]["hex"])


def test_bytes_cannot_be_imported_nor_be_none(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="must be created by the program"):
        plugin(BYTES).read("sentinel")
    assert plugin(BYTES).check({"length": 0}).failures == [("length", "length: must be at least 1")]


def test_package_has_no_settings(plugin: Plugin) -> None:
    """The engine's own `version` apart."""
    answers = [
        plugin(UUID).stub.CheckConfig(pb.CheckRequest(news=to_struct({name: "4"})))
        for name in ("version", "seed")
    ]
    assert [[failure.reason for failure in answer.failures] for answer in answers] == [
        [],
        ["seed: must be one of nothing in the lab"],
    ]


def test_uuid_is_one(plugin: Plugin) -> None:
    resource_id, made = plugin(UUID).create({})
    assert uuid.UUID(resource_id) == uuid.UUID(str(made["result"]))


def test_preview_promises_values_without_making_them(plugin: Plugin) -> None:
    resource_id, made = plugin(PASSWORD).create({"length": 20, "keepers": {"on": UNKNOWN}}, preview=True)
    assert resource_id == ""
    assert made["result"] == Secret(UNKNOWN)
    assert made["length"] == 20
    assert made["keepers"] == {"on": UNKNOWN}


def test_a_changed_keeper_replaces(plugin: Plugin) -> None:
    old = {"length": 20, "keepers": {"round": "1"}}
    diff = plugin(PASSWORD).diff(old, {**old, "keepers": {"round": "2"}})
    assert diff.some
    assert diff.replaces == ["keepers"]
    assert diff.kinds == {"keepers": "UPDATE_REPLACE"}


def test_a_keeper_that_becomes_known_later_replaces_in_the_preview(plugin: Plugin) -> None:
    old = {"byteLength": 4, "keepers": {"round": "1"}}
    assert plugin(ID).diff(old, {"byteLength": 4, "keepers": UNKNOWN}).replaces == ["keepers"]


def test_added_and_removed_inputs_are_shown_as_such(plugin: Plugin) -> None:
    diff = plugin(ID).diff({"byteLength": 4, "prefix": "a"}, {"byteLength": 4, "keepers": {"a": "b"}})
    assert diff.kinds == {"prefix": "DELETE_REPLACE", "keepers": "ADD_REPLACE"}


@pytest.mark.parametrize(
    "new",
    [
        {"length": 20},
        {"length": 20.0, "special": True},
        {"length": 20, "minUpper": 0, "keepers": None},
        {"length": Secret(20)},
    ],
)
def test_spelling_out_a_default_changes_nothing(plugin: Plugin, new: dict[str, object]) -> None:
    assert not plugin(PASSWORD).diff({"length": 20}, new).some


def test_refresh_returns_what_is_there(plugin: Plugin) -> None:
    client = plugin(PASSWORD)
    inputs = client.check({"length": 12, "keepers": {"k": Secret("v")}}).inputs
    resource_id, state = client.create(inputs)
    assert client.read(resource_id, inputs, state) == (resource_id, inputs, state)


def test_imported_password_matches_a_program_that_only_names_its_length(plugin: Plugin) -> None:
    client = plugin(PASSWORD)
    resource_id, inputs, state = client.read("correct-horse")
    assert resource_id == "none"
    assert state["result"] == Secret("correct-horse")
    assert not client.diff(inputs, client.check({"length": 13}).inputs).some


def test_imported_id_and_uuid_keep_their_value(plugin: Plugin) -> None:
    made = plugin(ID).create({"byteLength": 5, "prefix": "p-"})
    imported = plugin(ID).read(f"p-,{made[0]}")
    assert imported[1] == {"byteLength": 5, "prefix": "p-"}
    assert imported[2] == made[1]
    text = str(uuid.uuid4())
    assert plugin(UUID).read(text)[2]["result"] == text


@pytest.mark.parametrize(("token", "text"), [(UUID, "no-uuid"), (ID, "a")])
def test_import_of_nonsense_is_refused(plugin: Plugin, token: str, text: str) -> None:
    with pytest.raises(grpc.RpcError, match="import id: must be"):
        plugin(token).read(text)


@pytest.mark.parametrize(
    ("inputs", "failures"),
    [
        ({}, [("length", "length: must be set, got nothing")]),
        ({"length": "ten"}, [("length", "length: must be a whole number, got a value of another type")]),
        (
            {"length": 3, "minLower": 4},
            [("length", "length: must be at least 1 and the sum of the minimums, 4")],
        ),
        (
            {"length": 3, "minUpper": 1, "upper": False},
            [("minUpper", "minUpper: must be 0 where upper characters are not allowed")],
        ),
        (
            {"length": 3, "lower": False, "upper": False, "special": False, "numeric": False},
            [("length", "length: must have at least one kind of character allowed")],
        ),
    ],
)
def test_impossible_wishes_are_refused(
    plugin: Plugin, inputs: dict[str, object], failures: list[tuple[str, str]]
) -> None:
    assert plugin(PASSWORD).check(inputs).failures == failures


def test_all_problems_are_reported_at_once(plugin: Plugin) -> None:
    failures = plugin(ID).check({"byteLength": True, "prefix": 1, "size": 3}).failures
    assert [prop for prop, _ in failures] == ["byteLength", "prefix", "size"]
    assert failures[2][1] == "size: must be one of byteLength, prefix, keepers in the lab"


def test_unknown_values_pass_the_check(plugin: Plugin) -> None:
    assert plugin(PASSWORD).check({"length": UNKNOWN, "minUpper": 400}).failures == []
