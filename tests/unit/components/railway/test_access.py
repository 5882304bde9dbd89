"""Token and address come from the environment, and only a safe address is used."""

from __future__ import annotations

import pytest

from components.railway.access import find_access
from components.railway.errors import NotAuthorizedError, RefusedError
from tests.unit.components.railway.kit import access, token


def test_the_official_address_has_a_query_string() -> None:
    found = access()

    assert found.url == "https://backboard.railway.com/graphql/v2?source=aiswarm"
    assert not found.local


@pytest.mark.parametrize("base", ["http://127.0.0.1:8080", "http://127.8.0.1:1/", "http://[::1]:9"])
def test_another_address_may_be_this_machine(base: str) -> None:
    found = access(RAILWAY_API_URL=base)

    assert found.url == f"{base.rstrip('/')}/graphql/v2?source=aiswarm"
    assert found.local


@pytest.mark.parametrize(
    "base",
    [
        "http://railway.example",
        "https://127.0.0.1",
        "http://10.0.0.1",
        "http://localhost.example:80",
        "http://127.0.0.1@evil.example",
        "127.0.0.1",
        "http://",
    ],
)
def test_the_token_is_sent_to_no_other_address(base: str) -> None:
    with pytest.raises(RefusedError, match="RAILWAY_API_URL must be an address of this machine"):
        access(RAILWAY_API_URL=base)


def test_without_a_token_the_error_says_which_kind_is_needed() -> None:
    with pytest.raises(
        NotAuthorizedError, match=r"RAILWAY_API_TOKEN must be set .* workspace token .* got none"
    ):
        find_access({"RAILWAY_API_TOKEN": " "})


def test_the_name_of_other_tools_is_pointed_out() -> None:
    with pytest.raises(NotAuthorizedError, match="got only RAILWAY_TOKEN, which is not read"):
        find_access({"RAILWAY_TOKEN": token()})


def test_the_token_is_not_in_its_own_description() -> None:
    secret = token()

    assert secret not in repr(find_access({"RAILWAY_API_TOKEN": secret}))
