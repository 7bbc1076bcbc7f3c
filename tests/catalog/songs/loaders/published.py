"""Small collections in the very shape in which they are published, about invented songs."""

import csv
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from segue.catalog.songs.loaders.layout import Layout
from segue.catalog.songs.loaders.told import Refused, Told

FMA_COLUMNS = {
    "album": "comments date_created date_released engineer favorites id information listens producer tags title tracks"
    " type",
    "artist": "active_year_begin active_year_end associated_labels bio comments date_created favorites id latitude"
    " location longitude members name related_projects tags website wikipedia_page",
    "set": "split subset",
    "track": "bit_rate comments composer date_created date_recorded duration favorites genre_top genres genres_all"
    " information interest language_code license listens lyricist number publisher tags title",
}
FMA_TRACKS: tuple[dict[str, str], ...] = (
    {
        "track_id": "2",
        "album.title": "Harbours",
        "album.date_released": "2009-01-05 00:00:00",
        "artist.name": "Ann Vale",
        "artist.bio": "<p>Sings, plays\nand sails.</p>",
        "track.duration": "168",
        "track.genre_top": "Hip-Hop",
        "track.genres": "[21]",
        "track.genres_all": "[21, 10]",
        "track.title": "Low Tide",
    },
    {
        "track_id": "3",
        "artist.name": "Ann Vale",
        "track.duration": "0",
        "track.date_recorded": "2008-11-26 00:00:00",
        "track.genres": "[]",
        "track.title": "Glass, Orchard",
    },
    {"track_id": "5", "artist.name": "Ann Vale", "track.title": ""},
)
FMA_GENRES = "genre_id,#tracks,parent,title,top_level\n10,13845,0,Pop,10\n21,12201,0,Hip-Hop,21\n"
FMA_MEASURED = {
    "acousticness": "0.4166752327",
    "danceability": "0.6758939853",
    "energy": "0.6344762684",
    "instrumentalness": "0.0106280683",
    "liveness": "0.1776465712",
    "speechiness": "0.1593100648",
    "tempo": "165.9220000000",
    "valence": "0.5766609880",
}
JAMENDO_META = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
    'track_0000214\tartist_000014\talbum_000031\t"Moor" at Night\tBo\tFens\t2004-12-28\thttp://www.jamendo.com/track/214\n'
    "track_1376256\tartist_490499\talbum_161779\tRidge\tCleo\t\t\thttp://www.jamendo.com/track/1376256\n"
)
JAMENDO_TAGS = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
    "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\tmood/theme---sad\n"
    "track_1376256\tartist_490499\talbum_161779\t56/1376256.mp3\t166.0\tgenre---chillout\tgenre---downtempo"
    "\tinstrument---piano\n"
    "track_0000382\tartist_000020\talbum_000046\t82/382.mp3\t211.1\tgenre---rock\n"
)
_STAMP = "2024-05-01 12:00:00.000000+00"
_MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47a{}"
MUSICBRAINZ: dict[str, list[tuple[str | int | None, ...]]] = {
    "artist_credit": [
        (1, "Ann Vale", 1, 40, _STAMP, 0, _MBID.format(1)),
        (2, "Bo & Cleo", 2, 4, _STAMP, 0, _MBID.format(2)),
    ],
    "isrc": [(1, 11, "GBAYE0601477", None, 0, _STAMP), (2, 11, "GBAYE0601478", None, 0, _STAMP)],
    "medium": [
        (5, 7, 1, None, "", 0, _STAMP, 9, _MBID.format(3)),
        (6, 8, 1, None, "", 0, _STAMP, 9, _MBID.format(4)),
        (4, 9, 1, None, "", 0, _STAMP, 9, _MBID.format(5)),
    ],
    "recording": [
        (12, _MBID.format(7), "Tabs\\tand \\\\slashes", 2, None, "", 0, _STAMP, "f"),
        (11, _MBID.format(6), "Low Tide", 1, 185_000, "", 0, _STAMP, "f"),
        (13, _MBID.format(8), "", 1, 1_000, "", 0, _STAMP, "f"),
    ],
    "release": [
        (7, _MBID.format(9), "Best of Ann", 1, 1, 1, None, None, None, None, "", 0, -1, _STAMP),
        (8, _MBID.format(0), "Harbours", 1, 2, 1, None, None, None, None, "", 0, -1, _STAMP),
        (9, _MBID.format("a"), "Undated", 1, 2, 1, None, None, None, None, "", 0, -1, _STAMP),
    ],
    "release_country": [(7, 222, 1999, 1, 1), (7, 221, 1998, 1, 1)],
    "release_unknown_country": [(8, 1971, None, None)],
    "track": [
        (1, _MBID.format("b"), 11, 4, 1, "1", "Low Tide", 1, 185_000, 0, _STAMP, "f"),
        (2, _MBID.format("c"), 11, 5, 1, "1", "Low Tide", 1, 185_000, 0, _STAMP, "f"),
        (3, _MBID.format("d"), 11, 6, 1, "1", "Low Tide", 1, 185_000, 0, _STAMP, "f"),
    ],
}
CANONICAL = (
    "id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,recording_mbid,recording_name,"
    "combined_lookup,score\n"
    f'1,1,"{{{_MBID.format(1)},{_MBID.format(2)}}}",Bo & Cleo,{_MBID.format(3)},"Ridges, Moors",{_MBID.format(4)},'
    "Ridge,bocleoridge,12\n"
    f"2,2,{{{_MBID.format(1)}}},Bo,{_MBID.format(3)},Fens,no-id,Fen,bofen,13\n"
)


def fma_tracks(tracks: tuple[dict[str, str], ...] = FMA_TRACKS, without: str = "") -> str:
    """Write `tracks.csv`: two rows that name the columns, one that names the first, the tracks."""
    columns = [(above, below) for above, names in FMA_COLUMNS.items() for below in names.split()]
    columns = [column for column in columns if ".".join(column) != without]
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["", *(above for above, _ in columns)])
    table.writerow(["", *(below for _, below in columns)])
    table.writerow(["track_id", *("" for _ in columns)])
    for track in tracks:
        table.writerow([track["track_id"], *(track.get(".".join(column), "") for column in columns)])
    return file.getvalue()


def fma_echonest() -> str:
    """Write `echonest.csv`: three rows that name the columns, one that names the first, a track."""
    columns = [("audio_features", name) for name in FMA_MEASURED]
    columns += [("metadata", "album_name"), ("temporal_features", "000")]
    rows = [
        ["", *("echonest" for _ in columns)],
        ["", *(above for above, _ in columns)],
        ["", *(below for _, below in columns)],
        ["track_id", *("" for _ in columns)],
        ["2", *FMA_MEASURED.values(), "Harbours", "0.877233"],
    ]
    return "".join(",".join(row) + "\n" for row in rows)


def fma_zip(path: Path, **replaced: str) -> Path:
    """Write `fma_metadata.zip`."""
    files = {"tracks": fma_tracks(), "genres": FMA_GENRES, "echonest": fma_echonest(), **replaced}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("fma_metadata/README.txt", "x")
        for name, content in files.items():
            archive.writestr(f"fma_metadata/{name}.csv", content)
    return path


def jamendo_folder(folder: Path) -> Path:
    """Write the tables of MTG-Jamendo as its repository has them."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "raw.meta.tsv").write_text(JAMENDO_META)
    (folder / "data" / "raw_30s.tsv").write_text(JAMENDO_TAGS)
    return folder


def musicbrainz_folder(folder: Path, tables: Mapping[str, list[tuple[str | int | None, ...]]] = MUSICBRAINZ) -> Path:
    """Write `mbdump/` as it is unpacked: COPY's text."""
    (folder / "mbdump").mkdir(parents=True)
    for name, rows in tables.items():
        lines = ("\t".join("\\N" if value is None else str(value) for value in row) + "\n" for row in rows)
        (folder / "mbdump" / name).write_text("".join(lines))
    return folder


def musicbrainz_archive(path: Path, folder: Path, mode: str = "w:bz2") -> Path:
    """Pack a folder of tables as it is published, with the files that come first."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the mode is one of its own
        for name in ("TIMESTAMP", "COPYING", "README", "REPLICATION_SEQUENCE", "SCHEMA_SEQUENCE"):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"30\n"))
        for table in sorted((folder / "mbdump").iterdir()):
            archive.add(table, f"mbdump/{table.name}")
    return path


def read(layout: Layout, path: Path) -> tuple[list[Told], list[Refused]]:
    """Read a collection; say what it tells, and what was refused."""
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    shares: list[float] = []
    rows = list(layout.read(path, scratch, shares.append))
    assert all(0 <= share <= 1 for share in shares)
    told = [row for row in rows if isinstance(row, Told)]
    return told, [row for row in rows if isinstance(row, Refused)]
