"""Which platforms there are, and which of them the operator has set up."""

from typing import Final

from segue.kit.settings import Settings
from segue.library.connects.errors import NotConfigured
from segue.library.connects.platforms.apple_music import AppleMusic
from segue.library.connects.platforms.deezer import Deezer
from segue.library.connects.platforms.lastfm import LastFm
from segue.library.connects.platforms.listenbrainz import ListenBrainz
from segue.library.connects.platforms.platform import Platform, PlatformName
from segue.library.connects.platforms.spotify import Spotify
from segue.library.connects.platforms.youtube_music import YouTubeMusic

PLATFORMS: Final[dict[PlatformName, type[Platform]]] = {
    kind.name: kind for kind in (AppleMusic, Deezer, LastFm, ListenBrainz, Spotify, YouTubeMusic)
}


def missing_settings(settings: Settings, name: PlatformName) -> list[str]:
    """Return the variables that are not set and that a platform needs."""
    return [f"SEGUE_{need.upper()}" for need in PLATFORMS[name].needs if not getattr(settings, need)]


def configured(settings: Settings) -> list[PlatformName]:
    """Return the platforms that are set up."""
    return [name for name in PLATFORMS if not missing_settings(settings, name)]


def open_platform(settings: Settings, name: PlatformName) -> Platform:
    """Return a platform as it is set up.

    Raises
    ------
    NotConfigured
        It is not; the message says what is missing.
    """
    missing = missing_settings(settings, name)
    if missing:
        raise NotConfigured(
            f"{PLATFORMS[name].title} is not set up on this server: its operator has to set {', '.join(missing)}.",
            missing=missing,
        )
    return PLATFORMS[name](settings)
