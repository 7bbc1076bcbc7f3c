"""Platforms' own players for songs that Segue has no audio of: the addresses that they publish for embedding."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

EmbedPlatform = Literal["spotify", "apple_music", "youtube", "deezer", "tidal"]


@dataclass(frozen=True, slots=True)
class Embed:
    """A platform's player of a song: an address for an ``<iframe>``."""

    platform: EmbedPlatform
    embed_url: str


@dataclass(frozen=True, slots=True)
class _Player:
    """How a platform's player is addressed.

    Attributes
    ----------
    id_kind
        The kind of the catalogue's ids.
    id_form
        What an id looks like; ids come from files that anybody may bring.
    address
        With the id in its place. See developer.spotify.com/documentation/embeds, developers.google.com/youtube
        (/player_parameters; the domain without cookies), developers.deezer.com/widget, embed.music.apple.com and
        embed.tidal.com as their share menus give them.
    connected_by
        The connector whose users have an account at the platform.
    """

    id_kind: str
    id_form: re.Pattern[str]
    address: str
    connected_by: str | None


#: In the order in which they are offered to whoever prefers none: where songs play whole without an account, first.
PLAYERS: Final[dict[EmbedPlatform, _Player]] = {
    "youtube": _Player(
        "youtube", re.compile(r"[\w-]{11}"), "https://www.youtube-nocookie.com/embed/{}", "youtube_music"
    ),
    "spotify": _Player("spotify", re.compile(r"[0-9A-Za-z]{22}"), "https://open.spotify.com/embed/track/{}", "spotify"),
    "apple_music": _Player("apple", re.compile(r"\d{1,20}"), "https://embed.music.apple.com/us/song/{}", "apple_music"),
    "deezer": _Player("deezer", re.compile(r"\d{1,20}"), "https://widget.deezer.com/widget/auto/track/{}", "deezer"),
    "tidal": _Player("tidal", re.compile(r"\d{1,20}"), "https://embed.tidal.com/tracks/{}", None),
}


def embeds_of(
    ids: Mapping[str, str], *, preferred: EmbedPlatform | None = None, connected: Collection[str] = ()
) -> Sequence[Embed]:
    """Return the players that have a song, the best first: the one that is asked for, then those of connected accounts.

    Parameters
    ----------
    ids
        The song's, by their kind.
    connected
        The platforms to which the listener has connected accounts.
    """
    found = [
        Embed(platform, player.address.format(ids[player.id_kind]))
        for platform, player in PLAYERS.items()
        if player.id_kind in ids and player.id_form.fullmatch(ids[player.id_kind])
    ]

    def place(embed: Embed) -> tuple[bool, bool]:
        return embed.platform != preferred, PLAYERS[embed.platform].connected_by not in connected

    return sorted(found, key=place)
