"""The official OpenAPI description of OpenSubsonic, by which answers are judged; where it is absent, tests skip."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.data import data_path

#: Members that the documentation's own pages or the original Subsonic have, and the OpenAPI description has not.
BEYOND = frozenset(
    {"user.email", "users.user.email", "searchResult.offset", "searchResult.totalHits", "searchResult.match"}
)


def folder() -> Path:
    return data_path("specs/opensubsonic/openapi")


@cache
def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def method_names() -> set[str]:
    """Return every method that is described."""
    return {path.removeprefix("/rest/") for path in _read(folder() / "openapi.json")["paths"]}


def is_binary(method: str) -> bool:
    return _response_reference(method) is None


def problems(method: str, answer: dict[str, Any]) -> Iterator[str]:
    """Say in what a method's answer is not as it is described, also what it says that nobody knows."""
    start = folder() / "endpoints" / f"{method}.json"
    reference = _response_reference(method)
    if reference is None:
        yield f"{method} has no JSON answer"
        return
    target = (start.parent / reference).resolve()
    registry: Any = Registry(retrieve=_retrieved)  # type: ignore[call-arg]  # attrs' own names confuse it
    validator = OAS30Validator({"$ref": target.as_uri()}, registry=registry)
    for error in validator.iter_errors(answer):
        yield f"{method}: {error.json_path}: {error.message[:300]} {[one.message[:200] for one in error.context or ()]}"
    yield from (f"{method}: nobody knows {name}" for name in _unknown(answer, [(_read(target), target)], ""))


def _response_reference(method: str) -> str | None:
    success = _success(method)
    if success is None:
        return None
    if "$ref" in success:
        return _content(_read((folder() / "endpoints" / success["$ref"]).resolve()), "../responses/")
    return _content(success, "")


def _content(response: dict[str, Any], base: str) -> str | None:
    for kind, described in response.get("content", {}).items():
        if kind == "application/json" and "$ref" in described["schema"]:
            return base + str(described["schema"]["$ref"])
    return None


def _success(method: str) -> dict[str, Any] | None:
    endpoint = _read(folder() / "endpoints" / f"{method}.json")
    described: dict[str, Any] = (endpoint.get("get") or endpoint["post"])["responses"]
    return described.get("200")


def _retrieved(uri: str) -> Resource[Any]:
    return Resource.from_contents(_read(Path(uri.removeprefix("file://"))), default_specification=DRAFT4)


def _unknown(value: Any, schemas: list[tuple[dict[str, Any], Path]], place: str) -> Iterator[str]:
    """Name the members of a value that no schema of its place declares."""
    resolved = [one for schema, path in schemas for one in _flattened(schema, path)]
    if isinstance(value, list):
        items = [(schema["items"], path) for schema, path in resolved if "items" in schema]
        for one in value:
            yield from _unknown(one, items, place)
    if isinstance(value, dict):
        declared: dict[str, list[tuple[dict[str, Any], Path]]] = {}
        for schema, path in resolved:
            for name, described in schema.get("properties", {}).items():
                declared.setdefault(name, []).append((described, path))
        for name, member in value.items():
            here = f"{place}.{name}".removeprefix(".subsonic-response.").removeprefix(".")
            if name in declared:
                yield from _unknown(member, declared[name], f"{place}.{name}")
            elif here not in BEYOND:
                yield here


def _flattened(schema: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """Give the schemas that a schema is put together of, each with the file in which it stands."""
    if "$ref" in schema:
        target = (path.parent / schema["$ref"]).resolve()
        yield from _flattened(_read(target), target)
        return
    yield schema, path
    for part in (part for word in ("allOf", "oneOf", "anyOf") for part in schema.get(word, ())):
        yield from _flattened(part, path)
