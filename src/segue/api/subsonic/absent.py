"""Methods for what Segue does not have: lists of it are empty, and whoever would change it is told so."""

from typing import Final

from segue.api.subsonic.calls import Call, Method, Methods
from segue.api.subsonic.elements import Element
from segue.api.subsonic.errors import NOT_ALLOWED, NOT_FOUND, SubsonicError

_EMPTY: Final[dict[str, Element]] = {
    "getPodcasts": {"podcasts": {"channel": []}},
    "getNewestPodcasts": {"newestPodcasts": {"episode": []}},
    "getInternetRadioStations": {"internetRadioStations": {"internetRadioStation": []}},
    "getShares": {"shares": {"share": []}},
    "getChatMessages": {"chatMessages": {"chatMessage": []}},
    "getVideos": {"videos": {}},
}
_NOT_THERE: Final = ("getPodcastEpisode", "getVideoInfo", "getCaptions", "deleteShare", "updateShare")
_REFUSED: Final = {
    "users are made and changed in Segue itself": ("createUser", "updateUser", "deleteUser", "changePassword"),
    "there are no podcasts": (
        "refreshPodcasts",
        "createPodcastChannel",
        "deletePodcastChannel",
        "deletePodcastEpisode",
        "downloadPodcastEpisode",
    ),
    "there are no radio stations": (
        "createInternetRadioStation",
        "updateInternetRadioStation",
        "deleteInternetRadioStation",
    ),
    "playlists are shared in Segue itself": ("createShare",),
    "there is no chat": ("addChatMessage",),
    "the server has no loudspeakers": ("jukeboxControl",),
    "the sound is sent by stream": ("hls", "hls.m3u8"),
}


def _empty(content: Element) -> Method:
    async def answer(_call: Call) -> Element:
        return content

    return answer


def _refusing(code: int, detail: str) -> Method:
    async def refuse(_call: Call) -> Element:
        raise SubsonicError(code, detail)

    return refuse


METHODS: Methods = {
    **{name: _empty(content) for name, content in _EMPTY.items()},
    **{name: _refusing(NOT_FOUND, "There is no such thing here.") for name in _NOT_THERE},
    **{
        name: _refusing(NOT_ALLOWED, f"This is not done here: {why}.")
        for why, names in _REFUSED.items()
        for name in names
    },
}
