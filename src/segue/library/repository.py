"""All SQL of the library."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import psycopg
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.blobs import lock_blob
from segue.kit.clock import now
from segue.kit.pagination import Paging, newest_first
from segue.library.playlists.tables import PlaylistRevision
from segue.library.tables import (
    Import,
    ImportProblem,
    LibrarySong,
    Listen,
    PlayingNow,
    Playlist,
)

#: Nothing that one hears once lasts longer; where a source does not say how long, thirty seconds are taken.
_LONGEST_PLAY = "interval '1 hour'"
#: Some sources tell minutes only, some the end of a play that was paused.
_CLOCKS_DIFFER = "interval '65 seconds'"
#: A statement takes 65,535 parameters, and each column of each row is one.
_SONGS_AT_A_TIME = 2_000
_BY_INDEX_ALONE = "SELECT " + ", ".join(
    f"set_config('enable_{plan}', 'off', true)"
    for plan in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "material")
)


def _lasts(alias: str) -> str:
    return f"least(coalesce({alias}.played_ms, 30000) * interval '1 millisecond', {_LONGEST_PLAY})"


_NEW_LISTENS = """
    CREATE TEMP TABLE new_listens
        (track_id uuid, listened_at timestamptz, played_ms int, skipped boolean, source text) ON COMMIT DROP
"""
#: The window is computed apart: below row-level security an index is asked for plain columns only.
_ADD_LISTENS = f"""
    WITH n AS MATERIALIZED (
        SELECT *, listened_at - {_LONGEST_PLAY} AS earliest,
            listened_at + {_lasts("new_listens")} + {_CLOCKS_DIFFER} AS latest
        FROM new_listens
    )
    INSERT INTO listens (user_id, track_id, listened_at, played_ms, skipped, source, import_id)
    SELECT DISTINCT ON (n.track_id, n.listened_at)
        :user_id, n.track_id, n.listened_at, n.played_ms, n.skipped, n.source, :import_id
    FROM n
    WHERE NOT EXISTS (
        SELECT FROM listens l
        WHERE l.user_id = :user_id AND l.track_id = n.track_id AND l.source <> n.source
          AND l.listened_at >= n.earliest AND l.listened_at < n.latest
          AND l.listened_at + {_lasts("l")} + {_CLOCKS_DIFFER} > n.listened_at
    )
    ORDER BY n.track_id, n.listened_at, n.played_ms DESC NULLS LAST
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of ours


async def ensure_import(
    session: AsyncSession, *, user_id: UUID, sha256: str, size_bytes: int, filename: str, format_name: str
) -> Import:
    """Return the user's import of this file, made now if they have not brought it before."""
    values = {"user_id": user_id, "sha256": sha256, "size_bytes": size_bytes, "filename": filename}
    await session.execute(insert(Import).values(**values, format=format_name).on_conflict_do_nothing())
    query = select(Import).where(Import.user_id == user_id, Import.sha256 == sha256)
    return (await session.scalars(query)).one()


async def import_of(session: AsyncSession, import_id: UUID) -> Import | None:
    """Return an import that the session's user may see."""
    return await session.get(Import, import_id)


async def imports_of(session: AsyncSession, user_id: UUID, paging: Paging) -> tuple[Sequence[Import], str | None]:
    """Return a page of a user's imports, newest first, and the cursor of the next."""
    query = select(Import).where(Import.user_id == user_id)
    return await newest_first(session, query, by=Import.id, paging=paging)


async def problems_of(session: AsyncSession, import_id: UUID, *, after: int, limit: int) -> Sequence[ImportProblem]:
    """Return refused rows of an import, in the order of the file."""
    query = select(ImportProblem).where(ImportProblem.import_id == import_id, ImportProblem.number > after)
    return (await session.scalars(query.order_by(ImportProblem.number).limit(limit))).all()


async def replace_problems(session: AsyncSession, import_id: UUID, problems: Iterable[tuple[str, str]]) -> None:
    """Keep the refused rows of an import, each a place and a reason, in place of those that were kept before."""
    await session.execute(delete(ImportProblem).where(ImportProblem.import_id == import_id))
    rows = [
        {"import_id": import_id, "number": number, "place": place, "reason": reason}
        for number, (place, reason) in enumerate(problems, 1)
    ]
    if rows:
        await session.execute(insert(ImportProblem), rows)


async def is_awaited(session: AsyncSession, sha256: str, *, but: UUID) -> bool:
    """Whether another import of this file is still to be done, whoever's it is; who brings it meanwhile waits."""
    await lock_file(session, sha256)
    query = select(Import.id).where(Import.sha256 == sha256, Import.completed_at.is_(None), Import.id != but)
    return (await session.scalars(query.limit(1))).first() is not None


async def lock_file(session: AsyncSession, sha256: str) -> None:
    """Let nobody else bring or forget this file until the transaction ends."""
    await lock_blob(session, sha256)


async def count_brought(session: AsyncSession, import_id: UUID) -> tuple[int, int]:
    """Return how many listens and library songs are there by an import, over all attempts to read it."""
    listens = select(func.count()).where(Listen.import_id == import_id)
    songs = select(func.count()).where(LibrarySong.import_id == import_id)
    return (await session.scalars(listens)).one(), (await session.scalars(songs)).one()


async def lock_import(session: AsyncSession, import_id: UUID) -> Import | None:
    """Return an import that nobody else changes, nor brings anything for, until the transaction ends."""
    query = select(Import).where(Import.id == import_id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def delete_import(session: AsyncSession, import_id: UUID) -> None:
    """Forget an import with all that it brought; a list that somebody has edited since is their own, and stays."""
    for brought in (Listen, LibrarySong):
        await session.execute(delete(brought).where(brought.import_id == import_id))
    by_hand = (PlaylistRevision.playlist_id == Playlist.id) & (PlaylistRevision.kind != "source")
    as_brought = Playlist.deleted_at.is_not(None) | ~exists().where(by_hand)
    await session.execute(delete(Playlist).where(Playlist.import_id == import_id, as_brought))
    await session.execute(delete(Import).where(Import.id == import_id))


async def add_listens(session: AsyncSession, lines: bytes, *, user_id: UUID, import_id: UUID | None) -> None:
    """Add listens, each counted once whichever sources tell of it.

    Nobody hears a song twice at once: where two sources tell of plays of one song that overlap, they mean the same.

    Parameters
    ----------
    lines
        COPY's text format, of one source: track, moment, milliseconds played, whether skipped, source.
    """
    # What another source tells of at this moment is seen only once it is there.
    mine = func.hashtextextended(f"listens of {user_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(mine)))
    await session.execute(text(_NEW_LISTENS))
    connection = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(connection, psycopg.AsyncConnection):
        raise TypeError("listens are copied by psycopg")
    async with connection.cursor() as cursor, cursor.copy("COPY new_listens FROM STDIN") as copy:
        await copy.write(lines)
    # A table that grows by what is being inserted has no statistics yet: of the plans, one only does not grow squarely.
    await session.execute(text(_BY_INDEX_ALONE))
    await session.execute(
        text(_ADD_LISTENS),
        {"user_id": user_id, "import_id": import_id},
    )
    await session.execute(text("DROP TABLE new_listens"))


async def tell_listens(session: AsyncSession, lines: bytes, *, user_id: UUID) -> None:
    """Do as `add_listens` for plays that are told again while they go on: more was heard, and a skip becomes a play.

    Parameters
    ----------
    lines
        As `add_listens`; no play of a track at a moment twice.
    """
    await add_listens(session, lines, user_id=user_id, import_id=None)
    plays = [line.split("\t") for line in lines.decode().splitlines()]
    await session.execute(
        text("""
            UPDATE listens l SET played_ms = greatest(l.played_ms, n.played_ms), skipped = l.skipped AND n.skipped
            FROM unnest(
                CAST(:tracks AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:played AS int[]),
                CAST(:skipped AS boolean[])
            ) AS n (track_id, listened_at, played_ms, skipped)
            WHERE l.user_id = :user_id AND l.track_id = n.track_id AND l.listened_at = n.listened_at
        """),
        {
            "user_id": user_id,
            "tracks": [play[0] for play in plays],
            "moments": [play[1] for play in plays],
            "played": [None if play[2] == "\\N" else int(play[2]) for play in plays],
            "skipped": [play[3] == "t" for play in plays],
        },
    )


async def stop_playing(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Note that a user's player plays a track no more."""
    mine = (PlayingNow.user_id == user_id) & (PlayingNow.track_id == track_id)
    await session.execute(delete(PlayingNow).where(mine))


async def keep_songs(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Keep songs in a user's library; what is new of a song that is there is added to it.

    Parameters
    ----------
    rows
        Columns of `LibrarySong`, all of them in each; no track twice.
    """
    for start in range(0, len(rows), _SONGS_AT_A_TIME):
        await _keep_songs(session, rows[start : start + _SONGS_AT_A_TIME])


async def _keep_songs(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    new = insert(LibrarySong).values(rows)
    had = LibrarySong
    statement = new.on_conflict_do_update(
        index_elements=[had.user_id, had.track_id],
        set_={
            "kept": True,
            "liked": func.coalesce(new.excluded.liked, had.liked),
            "rating": func.coalesce(new.excluded.rating, had.rating),
            # A library counts from its beginning on: the larger number has seen more, and twice the same is the same.
            "play_count": func.greatest(new.excluded.play_count, had.play_count),
            "skip_count": func.greatest(new.excluded.skip_count, had.skip_count),
            "last_played_at": func.greatest(new.excluded.last_played_at, had.last_played_at),
            "added_at": func.least(new.excluded.added_at, had.added_at),
        },
    )
    await session.execute(statement)


async def listens_of(
    session: AsyncSession,
    user_id: UUID,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    limit: int,
) -> Sequence[Listen]:
    """Return a user's listens, newest first; with `after`, those that follow it soonest."""
    query = select(Listen).where(Listen.user_id == user_id, Listen.skipped.is_(False))
    if before is not None:
        query = query.where(Listen.listened_at < before)
    if after is not None:
        query = query.where(Listen.listened_at > after).order_by(Listen.listened_at).limit(limit)
        return (await session.scalars(query)).all()[::-1]
    return (await session.scalars(query.order_by(Listen.listened_at.desc()).limit(limit))).all()


async def count_listens(session: AsyncSession, user_id: UUID) -> int:
    """Return how many listens a user has that were no skips."""
    query = select(func.count()).where(Listen.user_id == user_id, Listen.skipped.is_(False))
    return (await session.scalars(query)).one()


async def span_of_listens(session: AsyncSession, user_id: UUID) -> tuple[datetime | None, datetime | None]:
    """Return when the oldest and the newest of a user's listens began."""
    query = select(func.min(Listen.listened_at), func.max(Listen.listened_at)).where(
        Listen.user_id == user_id, Listen.skipped.is_(False)
    )
    oldest, newest = (await session.execute(query)).one()
    return oldest, newest


async def delete_listen(session: AsyncSession, user_id: UUID, track_id: UUID, listened_at: datetime) -> bool:
    """Forget one listen; tell whether there was one."""
    statement = delete(Listen).where(
        Listen.user_id == user_id, Listen.track_id == track_id, Listen.listened_at == listened_at
    )
    return await session.scalar(statement.returning(Listen.track_id)) is not None


async def set_liked(session: AsyncSession, user_id: UUID, track_id: UUID, liked: bool | None) -> None:
    """Note that a user likes a track or bans it: it is their own now, and no import's to take back; or neither.

    Where neither, a track that is there only because it was liked or banned goes.
    """
    await _say(session, user_id, track_id, "liked", liked)


async def set_rating(session: AsyncSession, user_id: UUID, track_id: UUID, rating: int | None) -> None:
    """Note how a user rates a track, 1 to 5, as `set_liked` does whether they like it."""
    await _say(session, user_id, track_id, "rating", rating)


async def _say(
    session: AsyncSession, user_id: UUID, track_id: UUID, what: Literal["liked", "rating"], value: int | None
) -> None:
    if value is None:
        mine = (LibrarySong.user_id == user_id) & (LibrarySong.track_id == track_id)
        other = LibrarySong.rating if what == "liked" else LibrarySong.liked
        await session.execute(delete(LibrarySong).where(mine, ~LibrarySong.kept, other.is_(None)))
        await session.execute(update(LibrarySong).where(mine).values({what: None}))
        return
    new = insert(LibrarySong).values({"user_id": user_id, "track_id": track_id, what: value, "kept": False})
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[LibrarySong.user_id, LibrarySong.track_id],
            set_={what: new.excluded[what], "import_id": None},
        )
    )


async def keep_by_hand(session: AsyncSession, user_id: UUID, track_id: UUID) -> None:
    """Keep a track in a user's library: it is their own now, and no import's to take back."""
    new = insert(LibrarySong).values(user_id=user_id, track_id=track_id)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[LibrarySong.user_id, LibrarySong.track_id], set_={"kept": True, "import_id": None}
        )
    )


async def forget_song(session: AsyncSession, user_id: UUID, track_id: UUID) -> bool:
    """Take a track out of a user's library; tell whether it was there."""
    statement = delete(LibrarySong).where(LibrarySong.user_id == user_id, LibrarySong.track_id == track_id)
    return await session.scalar(statement.returning(LibrarySong.track_id)) is not None


async def set_playing_now(
    session: AsyncSession, user_id: UUID, track_id: UUID, *, since: datetime | None = None
) -> None:
    """Note what a user's player plays, from now on or since a moment."""
    new = insert(PlayingNow).values(user_id=user_id, track_id=track_id, since=since or now())
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[PlayingNow.user_id], set_={"track_id": new.excluded.track_id, "since": new.excluded.since}
        )
    )


async def playing_now(session: AsyncSession, user_id: UUID, *, since: datetime) -> PlayingNow | None:
    """Return what a user's player plays, if it has said so since then."""
    query = select(PlayingNow).where(PlayingNow.user_id == user_id, PlayingNow.since >= since)
    return (await session.scalars(query)).one_or_none()
