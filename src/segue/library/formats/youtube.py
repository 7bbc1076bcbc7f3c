"""What Google Takeout hands over of YouTube Music: the watch history, the library's songs and the lists."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from segue.library.formats.building import kept_of, play_of, song_of
from segue.library.formats.entries import Entry, Omission, OmissionReason, Refusal
from segue.library.formats.format import Format, Head
from segue.library.formats.json_list import entries_of
from segue.library.formats.json_stream import items_at, paths_of, text_at
from segue.library.formats.reading import Row, columns_of, ids_of, iso_moment_of, open_text, rows_of, youtube_id_of

#: So many entries tell a history's language.
_ENOUGH = 5_000
_VIDEO = re.compile(r"[\w-]{11}")
# The channel that YouTube makes for an artist's recordings.
_TOPIC = re.compile(r"\s+[-\u2013]\s+(?:Topic|Thema|Tema|Sujet|Тема|トピック|주제|主题|主題)$")

_Frame = tuple[str, str]
#: How a title is told in some languages: what stands before it, and behind.
_FRAMES: tuple[_Frame, ...] = (
    ("Watched ", ""),
    ("Vous avez regardé ", ""),
    ("Has visto ", ""),
    ("Ha visto ", ""),
    ("Hai guardato ", ""),
    ("Assistiu a ", ""),
    ("Você assistiu a ", ""),
    ("Tittade på ", ""),
    ("Så ", ""),
    ("Så på ", ""),
    ("Ați vizionat ", ""),
    ("Obejrzano: ", ""),
    ("Просмотрено видео ", ""),
    ("Ви дивилися відео ", ""),
    ("Zhlédli jste video ", ""),
    ("Παρακολουθήσατε το βίντεο ", ""),
    ("Гледахте ", ""),
    ("Menonton ", ""),
    ("Pinanood ang ", ""),
    ("观看了 ", ""),
    ("已观看 ", ""),
    ("觀看了 ", ""),
    ("تمت مشاهدة ", ""),
    ("Je hebt naar ", " gekeken"),
    ("", " bekeken"),
    ("", " angesehen"),
    ("", " katsottiin"),
    ("", " adlı videoyu izlediniz"),  # noqa: RUF001  # Turkish has this letter
    ("", " izlənildi"),
    ("", "を視聴しました"),
    ("", "을(를) 시청했습니다."),
    ("", " देखा"),
)


def artist_of_channel(name: str) -> str:
    """Return the artist whose channel this is: "Nobody - Topic" is Nobody's."""
    return _TOPIC.sub("", name.strip())


def _history(file: BinaryIO) -> Iterator[Entry]:
    frames = _frames_of(file)
    file.seek(0)
    for found in entries_of(file, "time"):
        yield found if isinstance(found, Refusal) else _view(f"entry {found[0]}", found[1], frames)


def _view(where: str, row: object, frames: list[_Frame]) -> Entry:
    if not isinstance(row, dict):
        return Refusal(where, "not a view")
    told, address = text_at(row, "title"), text_at(row, "titleUrl")
    # Only ads have details: "From Google Ads".
    if reason := left_out(text_at(row, "header"), address, told, is_ad=bool(items_at(row, "details"))):
        return Omission(where, reason)
    title = _within(told, frames)
    if not title:
        return Refusal(where, f"“{told}” is in a language that is not known: ask Takeout for it in English")
    channel = next((text_at(each, "name") for each in items_at(row, "subtitles")), "")
    song = song_of(title=title, artist=artist_of_channel(channel), ids=ids_of(youtube=youtube_id_of(address)))
    return play_of(where, song, iso_moment_of(text_at(row, "time")))


def left_out(header: str, address: str, told: str, *, is_ad: bool) -> OmissionReason | None:
    """Return why a view is no listen, or None where it is one: only what YouTube Music calls its own is music."""
    if is_ad or (header.casefold() != "youtube music" and "://music.youtube.com/" not in address):
        return "not music"
    if not told or not address or address in told:
        # A video that is gone: its address stands for its title, or nothing does.
        return "no title"
    return "not a play" if youtube_id_of(address) is None else None


def _frames_of(file: BinaryIO) -> list[_Frame]:
    """Return how this history tells a title: the known ways that fit most, and what stands around the lost titles."""
    seen: Counter[_Frame] = Counter()
    for found in islice(entries_of(file, "time"), _ENOUGH):
        row = None if isinstance(found, Refusal) else found[1]
        told, address = text_at(row, "title"), text_at(row, "titleUrl")
        before, lost, behind = told.partition(address) if address else (told, "", "")
        if lost and before + behind:
            seen[before, behind] += 1
        seen.update(frame for frame in _FRAMES if _within(told, [frame]))
    return sorted(seen, key=lambda frame: (-seen[frame], -len(frame[0] + frame[1])))


def _within(told: str, frames: list[_Frame]) -> str:
    """Return the title within what is told of it, or an empty text."""
    for before, behind in frames:
        if told.startswith(before) and told.endswith(behind) and len(told) > len(before) + len(behind):
            return told[len(before) : len(told) - len(behind)].strip()
    return ""


def _library(file: BinaryIO) -> Iterator[Entry]:
    for row in rows_of(open_text(file)):
        yield row if isinstance(row, Refusal) else _library_song(row)


def _library_song(row: Row) -> Entry:
    artists = [cell for column, cell in row.cells.items() if column.startswith("artist name") and cell]
    song = song_of(
        title=row["song title"],
        artist=", ".join(artists),
        album=row["album title"],
        ids=ids_of(youtube=youtube_id_of(row["song url"]) or _video(row["video id"])),
    )
    return kept_of(row.where, song)


def _video(value: str) -> str | None:
    return value if _VIDEO.fullmatch(value) else None


def _list(file: BinaryIO) -> Iterator[Entry]:
    """Tell of each song of a list that it cannot be had: such files name videos by number only."""
    for row in rows_of(open_text(file)):
        yield row if isinstance(row, Refusal) else Omission(row.where, "no title")


def _is_history(head: Head) -> bool:
    paths = paths_of(head)
    return {"item.header", "item.title", "item.time"} <= paths and bool(
        paths & {"item.titleUrl", "item.products", "item.activityControls"}
    )


def _is_library(head: Head) -> bool:
    columns = set(columns_of(head))
    return "song title" in columns and bool(columns & {"song url", "video id"})


def _is_list(head: Head) -> bool:
    columns = set(columns_of(head))
    return "video id" in columns and bool(columns & {"playlist video creation timestamp", "time added"})


FORMATS = (
    Format("youtube-history", "YouTube watch history (Takeout, JSON)", _is_history, _history),
    Format("youtube-library", "YouTube Music library (Takeout)", _is_library, _library),
    Format("youtube-list", "YouTube playlist (Takeout)", _is_list, _list),
)
