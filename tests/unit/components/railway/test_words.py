"""Masks, the mark of ownership, and the comparison of values."""

from __future__ import annotations

import pytest

from components.railway.handlers import volume
from components.railway.masks import Masks
from components.railway.owners import described, owners
from components.railway.values import UNKNOWN, Difference, compare, differ


def test_every_line_of_a_secret_is_hidden() -> None:
    masks = Masks()
    masks.add(["first-line\nsecond-line", "line", 5, None])

    assert masks.hide("a first-line, then second-line; 5") == "a ***, then ***; 5"


def test_a_long_word_of_a_secret_is_hidden_alone_too() -> None:
    """A line of a file may be a keyword and the secret itself, of which a log shows the second."""
    masks = Masks()
    masks.add(["requirepass 0123456789abcdef\n"])

    assert masks.hide("no requirepass: 0123456789abcdef") == "no requirepass: ***"


def test_what_is_too_short_to_be_a_secret_is_left() -> None:
    masks = Masks()
    masks.add(["a", "", "yes"])

    assert masks.hide("yes, a cat") == "yes, a cat"


@pytest.mark.parametrize(
    ("description", "found"),
    [
        (None, None),
        ("our shop", None),
        ("managed by aiswarm, or not", None),
        ("managed by aiswarm", {}),
        ("our shop\nmanaged by aiswarm: ", {}),
        (
            "our shop\nmanaged by aiswarm: production (prod), staging (lab)",
            {"production": "prod", "staging": "lab"},
        ),
    ],
)
def test_a_description_says_whose_it_is(description: str | None, found: dict[str, str] | None) -> None:
    assert owners(description) == found


def test_the_words_of_a_person_stay() -> None:
    first = described("our shop", {"production": "prod"})
    second = described(first, {"staging": "lab", "production": "prod"})

    assert second == "our shop\nmanaged by aiswarm: production (prod), staging (lab)"
    assert described(second, {}) == "our shop\nmanaged by aiswarm"
    assert described("", {"production": "prod"}) == "managed by aiswarm: production (prod)"


@pytest.mark.parametrize(
    ("old", "new"), [(None, ""), ({}, None), (1, 1.0), ({"a": 1}, {"a": 1.0}), ([], None), (False, False)]
)
def test_values_that_mean_the_same(old: object, new: object) -> None:
    assert not differ(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, 2), ("a", ""), ({"a": ""}, {}), ({"a": 1}, {"b": 1}), (UNKNOWN, UNKNOWN), (False, True)],
)
def test_values_that_differ(old: object, new: object) -> None:
    assert differ(old, new)


VOLUME = {
    "project_id": "p",
    "environment_id": "e",
    "service_id": "s",
    "mount_path": "/data",
    "region": "here",
    "volume_id": "v",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Difference(False)),
        ({"volume_id": "found out, not declared"}, Difference(False)),
        ({"mount_path": "/other"}, Difference(True)),
        ({"mount_path": UNKNOWN}, Difference(True)),
        ({"region": "there"}, Difference(True, ("region",))),
        ({"service_id": UNKNOWN}, Difference(True, ("service_id",))),
    ],
)
def test_only_what_is_declared_is_compared(change: dict[str, object], expected: Difference) -> None:
    assert compare(volume, VOLUME, {**VOLUME, **change}) == expected
