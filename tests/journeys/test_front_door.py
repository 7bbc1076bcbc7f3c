"""What somebody who has just started Segue looks at first: its documentation, its health, its addresses."""

from typing import Any

import httpx

from tests.songs import Caller


def json_bodies(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return, by operation, what each takes as JSON."""
    return {
        f"{method.upper()} {path}": body
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if (body := operation.get("requestBody", {}).get("content", {}).get("application/json"))
    }


def has_example(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Tell whether a reader is shown a value that could be sent: of the whole, or of every field that must be there."""
    if {"example", "examples", "default", "const"} & schema.keys():
        return True
    if "$ref" in schema:
        return has_example(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for kind in ("anyOf", "oneOf", "allOf"):
        if kind in schema:
            return any(has_example(document, choice) for choice in schema[kind])
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    shown = [has_example(document, fields[name]) for name in schema.get("required", fields)]
    return bool(shown) and all(shown)


async def test_every_json_body_is_shown_by_example(visitor: httpx.AsyncClient) -> None:
    document = (await visitor.get("/openapi.json")).json()
    bodies = json_bodies(document)
    assert len(bodies) >= 7
    assert all(" /api/v1/" in operation for operation in bodies)
    without = [
        operation
        for operation, body in bodies.items()
        if not ({"example", "examples"} & body.keys() or has_example(document, body["schema"]))
    ]
    assert without == []


async def test_the_documentation_needs_nothing_from_elsewhere(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/docs")).text
    assert "http" not in page.replace("http-equiv", "")
    for address in ("/docs/start.js", "/docs/assets/swagger-ui-bundle.js", "/docs/assets/swagger-ui.css"):
        assert address in page
        assert (await visitor.get(address)).status_code == 200


async def test_it_tells_how_it_is(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/healthz")).json() == {"status": "ok"}
    assert (await visitor.get("/readyz")).json() == {"status": "ok", "database": "ok", "storage": "ok"}
    await visitor.get("/api/v1/nowhere")
    metrics = (await visitor.get("/metrics")).text
    assert "# TYPE segue_" in metrics


async def test_the_unversioned_address_answers_the_same(user: Caller) -> None:
    headers = user.user.headers
    old, new = [(await user.client.get(f"{root}/auth/me", headers=headers)).json() for root in ("/api", "/api/v1")]
    assert old == new
    assert old["user_id"] == str(user.user.user_id)
