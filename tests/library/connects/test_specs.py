"""What we ask of platforms, and what the ones on this machine answer, is what the published specifications say."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from segue.kit.runtime import Runtime
from tests.data import data_path
from tests.library.connects.conftest import Platforms, connect, look
from tests.library.connects.local_platform import Call
from tests.library.connects.test_journeys import fill_spotify, fill_youtube
from tests.songs import Caller


class Spotify:
    """Spotify's own OpenAPI document."""

    def __init__(self) -> None:
        yaml = pytest.importorskip("yaml", reason="Spotify's document is YAML")
        path = data_path("specs/spotify/official-spotify-open-api.yml")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.document: dict[str, Any] = yaml.load(path.read_text(), Loader=loader)
        schemas = self.document["components"]["schemas"]
        # What the document tells apart by `type` it does not map to schemas.
        schemas |= {"track": schemas["TrackObject"], "episode": schemas["EpisodeObject"]}

    def resolved(self, told: Any) -> Any:
        while isinstance(told, dict) and "$ref" in told:
            where: Any = self.document
            for step in told["$ref"].removeprefix("#/").split("/"):
                where = where[step]
            told = where
        return told

    def operation(self, call: Call) -> dict[str, Any]:
        path = call.path.removeprefix("/v1")
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and call.method.lower() in operations:
                operation: dict[str, Any] = operations[call.method.lower()]
                return operation
        raise AssertionError(f"Spotify has no {call.method} {path}")

    def schema_of(self, operation: dict[str, Any], status: int) -> dict[str, Any]:
        answer = self.resolved(operation["responses"][str(status)])
        schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
        return schema

    def properties(self, schema: Any) -> dict[str, Any]:
        """Return what an object of a schema may have."""
        schema = self.resolved(schema)
        found = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            found |= self.properties(part)
        return found

    def items(self, schema: Any) -> Any:
        schema = self.resolved(schema)
        if "items" in schema:
            return schema["items"]
        return next((found for part in schema.get("allOf", ()) if (found := self.items(part)) is not None), None)

    def unknown(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        """Give what a value has that its schema does not know."""
        if isinstance(value, list):
            for each in value:
                yield from self.unknown(self.items(schema) or {}, each, f"{where}[]")
        elif isinstance(value, dict) and (known := self.properties(schema)):
            for name, inner in value.items():
                if name not in known:
                    yield f"{where}.{name}"
                else:
                    yield from self.unknown(known[name], inner, f"{where}.{name}")


async def test_spotify_is_asked_and_answers_as_its_document_says(
    caller: Caller, runtime: Runtime, platforms: Platforms
) -> None:
    spotify = Spotify()
    fill_spotify(platforms)
    platforms.spotify.interruptions["/v1/me/tracks"] = [
        (429, {"Retry-After": "0"}, {"error": {"status": 429, "message": "API rate limit exceeded"}})
    ]
    await connect(caller, platforms, "spotify")
    assert (await look(runtime, caller, "spotify")).error is None
    replies = [reply for reply in platforms.spotify.replies if reply[0].path != "/api/token"]
    assert len(replies) > 6
    for call, status, answer in replies:
        operation = spotify.operation(call)
        assert not operation.get("deprecated"), call.path
        parameters = [spotify.resolved(each) for each in operation.get("parameters", ())]
        known = {each["name"]: each for each in parameters if each["in"] == "query"}
        assert call.query.keys() <= known.keys(), call.path
        for name, value in call.query.items():
            schema = known[name]["schema"]
            typed = int(value) if schema.get("type") == "integer" else value
            OAS30Validator(schema).validate(typed)
        schema = spotify.schema_of(operation, status)
        OAS30Validator({"allOf": [schema], "components": spotify.document["components"]}).validate(answer)
        assert list(spotify.unknown(schema, answer, call.path)) == []


async def test_youtube_is_asked_and_answers_as_its_discovery_document_says(
    caller: Caller, runtime: Runtime, platforms: Platforms
) -> None:
    document = json.loads(data_path("specs/youtube/youtube.v3.json").read_text())
    schemas = document["schemas"]

    def unknown(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema
        if schema.get("type") == "array":
            for each in value:
                yield from unknown(schema["items"], each, f"{where}[]")
        elif schema.get("type") == "object" and "properties" in schema:
            for name, inner in value.items():
                if name not in schema["properties"]:
                    yield f"{where}.{name}"
                else:
                    yield from unknown(schema["properties"][name], inner, f"{where}.{name}")
        elif not isinstance(value, {"string": str, "integer": int}.get(schema.get("type", ""), object)):
            yield f"{where} is no {schema['type']}"

    fill_youtube(platforms)
    await connect(caller, platforms, "youtube_music")
    assert (await look(runtime, caller, "youtube_music")).error is None
    replies = [reply for reply in platforms.youtube_music.replies if reply[0].path != "/token"]
    assert {call.path.rpartition("/")[2] for call, _, _ in replies} == {
        "channels",
        "playlistItems",
        "playlists",
        "videos",
    }
    for call, _, answer in replies:
        method = document["resources"][call.path.removeprefix("/youtube/v3/")]["methods"]["list"]
        assert call.path == f"/{method['path']}"
        assert call.method == method["httpMethod"]
        known = method["parameters"]
        assert call.query.keys() <= known.keys()
        required = {name for name, told in known.items() if told.get("required")}
        assert required <= call.query.keys()
        assert "https://www.googleapis.com/auth/youtube.readonly" in method["scopes"]
        assert list(unknown({"$ref": method["response"]["$ref"]}, answer, call.path)) == []
