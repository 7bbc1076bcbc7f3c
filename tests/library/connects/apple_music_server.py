"""An Apple Music on this machine, as Apple's documentation describes it: it checks the developer token's signature."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.library.connects.local_platform import Call, LocalPlatform, Reply

TEAM, KEY_ID = "TEAM123456", "KEY1234567"


def song(name: str, artist: str, number: int, *, library: bool = False) -> dict[str, Any]:
    attributes: dict[str, Any] = {"name": name, "artistName": artist, "albumName": "An Album"}
    attributes |= {"durationInMillis": 200_000, "releaseDate": "2019-05-03", "genreNames": ["Pop"]}
    attributes["playParams"] = {"id": f"i.{number}", "kind": "song", "isLibrary": library, "catalogId": str(number)}
    if library:
        return {"id": f"i.{number}", "type": "library-songs", "attributes": attributes}
    return {"id": str(number), "type": "songs", "attributes": {**attributes, "isrc": f"QZES7{number:07d}"}}


@dataclass
class LocalAppleMusic(LocalPlatform):
    """Its data: plays (newest first), the library's songs, ratings by their ids, playlists by id."""

    plays: list[dict[str, Any]] = field(default_factory=list)
    library: list[dict[str, Any]] = field(default_factory=list)
    ratings: dict[str, int] = field(default_factory=dict)
    playlists: dict[str, tuple[str, str, list[dict[str, Any]]]] = field(default_factory=dict)
    user_tokens: set[str] = field(default_factory=set)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def pem(self) -> bytes:
        """Return the operator's key, as Apple hands it out."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def allow(self, developer_token: str) -> str:
        """Do what MusicKit does in the app: check who asks, ask the listener, give a music user token."""
        self._check(developer_token)
        token = secrets.token_urlsafe(32)
        self.user_tokens.add(token)
        return token

    def _check(self, developer_token: str) -> None:
        claims = jwt.decode(developer_token, self.key.public_key(), algorithms=["ES256"], issuer=TEAM)
        self.demand(claims["exp"] - claims["iat"] <= 15_777_000, "a token for longer than half a year")
        self.demand(jwt.get_unverified_header(developer_token).get("kid") == KEY_ID, "the key's id")

    def answer(self, call: Call) -> Reply:  # noqa: PLR0911 - a table of routes
        try:
            self._check(call.bearer)
        except jwt.PyJWTError:
            return 401, {}, {"errors": [{"status": "401", "title": "Unauthorized"}]}
        if call.headers.get("Music-User-Token") not in self.user_tokens:
            return 403, {}, {"errors": [{"status": "403", "title": "Forbidden", "detail": "Invalid authentication"}]}
        limit = int(call.query.get("limit", 10))
        path = call.path.removeprefix("/v1/me/")
        if path == "storefront":
            return 200, {}, {"data": [{"id": "no", "type": "storefronts"}]}
        if path == "recent/played/tracks":
            self.demand(limit <= 30, "more than thirty plays at once")
            return 200, {}, self._page(call, self.plays[:50], limit)
        self.demand(limit <= 100, "more than a hundred at once")
        if path == "library/songs":
            return 200, {}, self._page(call, self.library, limit)
        if path == "ratings/library-songs":
            return self._ratings(call)
        if path == "library/playlists":
            told = [
                {"id": each, "type": "library-playlists", "attributes": {"name": name, "lastModifiedDate": changed}}
                for each, (name, changed, _) in self.playlists.items()
            ]
            return 200, {}, self._page(call, told, limit)
        _, _, list_id, tracks = path.split("/")
        assert tracks == "tracks"
        return 200, {}, self._page(call, self.playlists[list_id][2], limit)

    def _ratings(self, call: Call) -> Reply:
        found = [
            {"id": each, "type": "ratings", "attributes": {"value": self.ratings[each]}}
            for each in call.query["ids"].split(",")
            if each in self.ratings
        ]
        if not found:
            return 404, {}, {"errors": [{"status": "404", "title": "Resource Not Found"}]}
        return 200, {}, {"data": found}

    def _page(self, call: Call, items: list[Any], limit: int) -> dict[str, Any]:
        offset = int(call.query.get("offset", 0))
        after = offset + limit
        told: dict[str, Any] = {"data": items[offset:after], "meta": {"total": len(items)}}
        if after < len(items):
            told["next"] = f"{call.path}?offset={after}"
        return told
