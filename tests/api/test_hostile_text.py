"""Text that means something to a database, a terminal or a browser is text and nothing more."""

import json

import httpx
import pytest

from tests.http import API, signed_up_user

NUL_PATHS = [
    "/@%00",
    "/@a%00b",
    f"{API}/creators/a%00b",
    f"{API}/creators/%ED%A0%80",
    f"/media/{'0' * 64}/a%00b",
    f"/media/{'0' * 64}/%ED%A0%80?expires=1&signature=x",
    f"{API}/tracks?cursor=%00",
    f"{API}/jobs/%00",
]


@pytest.mark.parametrize("path", NUL_PATHS)
async def test_an_address_with_unspeakable_characters_is_refused_as_any_other(
    client: httpx.AsyncClient, path: str
) -> None:
    user = await signed_up_user(client)

    response = await client.get(path, headers=user.headers)

    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("title", ["a\x00b", "\ud800", ""])
async def test_a_title_that_no_database_can_keep_is_refused(client: httpx.AsyncClient, title: str) -> None:
    user = await signed_up_user(client)
    body = json.dumps({"title": title})

    response = await client.post(
        f"{API}/mashups/{user.user_id}/publish",
        content=body,
        headers={**user.headers, "Content-Type": "application/json"},
    )

    assert response.status_code == 422, response.text


async def test_a_field_of_an_unspeakable_name_is_refused(client: httpx.AsyncClient) -> None:
    user = await signed_up_user(client)
    body = json.dumps({"\ud800": 1, "a\x00": 2})

    response = await client.post(
        f"{API}/mashups/{user.user_id}/publish",
        content=body,
        headers={**user.headers, "Content-Type": "application/json"},
    )

    assert response.status_code == 422, response.text


async def test_a_name_with_markup_is_shown_as_it_is_written(client: httpx.AsyncClient) -> None:
    user = await signed_up_user(client)
    name = '<script>alert("1")</script>'
    changed = await client.patch(
        f"{API}/profiles/me", json={"handle": "mallory", "display_name": name, "bio": name}, headers=user.headers
    )
    assert changed.status_code == 200, changed.text

    page = (await client.get("/@mallory")).text

    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 3


async def test_methods_that_nobody_knows_do_not_become_metrics(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.request(f"MADEUP{number}", "/healthz")

    assert "MADEUP" not in (await client.get("/metrics")).text
