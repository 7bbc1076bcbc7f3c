"""How much each track says of its listener's taste, from what they did with it and what they said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from segue.audio.signal import FloatArray

#: Days within which what was played is recent.
RECENT_DAYS: Final = 90
#: A recent play counts as so many older ones.
RECENT_FACTOR: Final = 3.0
#: After the recent days, what a play counts halves in so many days.
HALF_LIFE_DAYS: Final = 365.0
#: No weight is farther from 0: one for what was done, one each for a like, a rating and a "sounds like me".
LARGEST_WEIGHT: Final = 4.0

#: Plays after which more of them add nothing.
_ENOUGH_PLAYS: Final = 100
#: What a track that was kept in a library or a playlist counts, played or not: about what six plays do.
_KEPT: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one listener did with a track, and said of it.

    Attributes
    ----------
    plays, skips
        How often it was listened to, and how often it was left within seconds.
    recent_plays
        Those of the plays that lie within the last 90 days.
    last_played_at
        UTC; None where unknown.
    liked
        True for a like, False for a dislike, None for neither.
    rating, sounds_like_me
        1 to 5, where 3 is neither good nor bad; None where nothing was said.
    kept
        Whether it is in the listener's library or in one of their playlists.
    completion
        How much of the track a play usually lasts, 0 to 1; None where unknown.
    added_at
        When it was kept; UTC, None where unknown.
    """

    plays: int = 0
    skips: int = 0
    last_played_at: datetime | None = None
    recent_plays: int = 0
    liked: bool | None = None
    rating: int | None = None
    sounds_like_me: int | None = None
    kept: bool = False
    completion: float | None = None
    added_at: datetime | None = None


def weigh(evidence: Sequence[Evidence], now: datetime) -> FloatArray:
    """Return how much each track says of the listener's taste: above 0 for it, below 0 against it.

    A weight is the sum of what was done and of what was said, from -4 to 4.

    - *Done*, -1 to 1: plays less skips over both, times the logarithm of their number (100 are as good as more), times
      how recent they are: plays of the last 90 days count three times; what older ones count halves each year. Plays
      that end early count down to half. A track that is kept counts at least as much as about six plays of its age.
    - *Said*, -1 to 1 each: a like or dislike, a rating, "sounds like me". These don't fade. Where what was said is
      against a track, it is not made good by plays.

    Parameters
    ----------
    evidence
        One for each track.
    now
        UTC; what recency is counted from.

    Returns
    -------
    weights
        ``float32``, shape ``(tracks,)``.
    """
    weights = np.empty(len(evidence), dtype=np.float32)
    for number, track in enumerate(evidence):
        said, done = _said(track), _done(track, now)
        weights[number] = said + (min(done, 0.0) if said < 0 else done)
    return weights


def _said(track: Evidence) -> float:
    like = 0.0 if track.liked is None else (1.0 if track.liked else -1.0)
    return like + sum((stars - 3) / 2 for stars in (track.rating, track.sounds_like_me) if stars is not None)


def _done(track: Evidence, now: datetime) -> float:
    played = _played(track, now)
    if not track.kept:
        return played
    kept = _KEPT * _recency(track.added_at, now) / RECENT_FACTOR
    return max(played, kept) if played >= 0 else played + kept


def _played(track: Evidence, now: datetime) -> float:
    heard = track.plays + track.skips
    if heard <= 0:
        return 0.0
    whole = 1.0 if track.completion is None else 0.5 + 0.5 * min(max(track.completion, 0.0), 1.0)
    liking = (track.plays * whole - track.skips) / heard
    much = min(1.0, float(np.log1p(heard) / np.log1p(_ENOUGH_PLAYS)))
    return liking * much * _freshness(track, now) / RECENT_FACTOR


def _freshness(track: Evidence, now: datetime) -> float:
    """Return what its plays count on average, up to 3 for those that are recent."""
    if not track.plays:
        return _recency(track.last_played_at, now)
    last = _recency(track.last_played_at, now)
    recent = min(max(track.recent_plays, int(last == RECENT_FACTOR)), track.plays)
    older = min(1.0, last)
    return (recent * RECENT_FACTOR + (track.plays - recent) * older) / track.plays


def _recency(at: datetime | None, now: datetime) -> float:
    """Return 3 within the recent days, then 1, which halves each year; 1 where nobody knows."""
    if at is None:
        return 1.0
    days = (now - at).total_seconds() / 86_400
    if days <= RECENT_DAYS:
        return RECENT_FACTOR
    return float(0.5 ** ((days - RECENT_DAYS) / HALF_LIFE_DAYS))
