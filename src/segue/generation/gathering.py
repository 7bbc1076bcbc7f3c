"""Reading what a track is made from: the listener's taste, the source, the playlist or queue, the band."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import Final, Literal
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.report import analysis_from_report
from segue.audio.signal import FloatArray
from segue.catalog import service as catalog
from segue.catalog.embeddings import service as embeddings
from segue.catalog.embeddings.service import KnownTrack
from segue.catalog.tables import SourceTrack
from segue.engines.generation.sounds import atlas_of
from segue.engines.writing import Sound
from segue.generation.bands import service as bands
from segue.generation.bands.sounding import sound_of
from segue.generation.bands.tables import Band
from segue.generation.conditioning import Conditions, steered, toward, unit
from segue.generation.explaining import FacetTold, Influence, Reasons, song_in_words
from segue.generation.limits import limits_of
from segue.generation.sources import SourceTraits, traits_of
from segue.generation.tables import Generation
from segue.library.playlists import service as playlists
from segue.taste import service as taste
from segue.taste.facets import taste_vector
from segue.taste.service import FacetNow, Standing

#: Songs of a taste or playlist that are looked at, and those of them, the nearest, that say what a track shall be like.
_LOOKED_AT: Final = 400
_PULLING: Final = 12
_TOLD: Final = 3
#: How much of a new track's place is the facet that it follows; the rest is the whole taste.
_FACET_SHARE: Final = 0.6
#: How much of a track's place, energy and valence is that of the band that plays it.
_BAND_SHARE: Final = 0.5
#: Steps of this length go round a circle most evenly: each facet comes as often as it is large.
_GOLDEN: Final = 0.6180339887
_FEATURES: Final = ("tempo", "energy", "valence")


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What was read, for conditioning and for telling of it; and the source's file."""

    conditions: Conditions
    reasons: Reasons
    source_sha256: str | None = None
    artist: str | None = None


@dataclass(slots=True, eq=False)
class _Pull:
    """Songs that say what a track shall be like: their ids, how much each counts, what speaks for it."""

    weights: dict[UUID, float] = field(default_factory=dict)
    why: dict[UUID, Literal["said", "heard", "listed"]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Aim:
    """Where a track shall lie, by which songs, and in which facet."""

    vector: FloatArray | None = None
    pull: _Pull = field(default_factory=_Pull)
    facet: FacetNow | None = None
    #: Whether the source's own place is in it, where there is a source.
    placed: bool = True


async def gather(session: AsyncSession, generation: Generation, space: str) -> Gathered:
    """Read all that a generation is made from, in its user's session.

    Parameters
    ----------
    space
        Of the embedding engine in use: where a taste lies that was never found.
    """
    user_id = generation.user_id
    standing = await taste.standing_of(session, user_id)
    model = None
    if standing is not None:
        space, model = standing.taste.space, standing.taste.model
    limits = limits_of(await taste.preferences_of(session, user_id), generation.mode)
    listener = await _listener(session, generation, standing)
    aim, reasons = listener, Reasons(generation.mode, songs=_songs(standing), space=space)
    conditions = Conditions(
        mode=generation.mode,
        seed=generation.seed,
        duration_s=generation.duration_s,
        listener=user_id.int % 2**63,
        number=generation.number,
        limits=limits,
    )
    source_sha256 = None
    if generation.source_id is not None:
        source = await catalog.track(session, generation.source_id)
        traits = _traits(source)
        source_sha256 = source.asset.sha256 if source.asset else None
        aim = await _like(session, source, listener, space, model)
        conditions = replace(conditions, source=traits)
        named = song_in_words(source.title, source.artist)
        reasons = replace(reasons, source=named, placed=aim.placed)
        if traits is not None:
            reasons = replace(reasons, source_key=traits.key, source_tempo_bpm=traits.tempo_bpm)
    elif generation.mode == "radio" and (generation.playlist_id or generation.steer):
        aim, reasons = await _radio(session, generation, listener, space, model, reasons)
    band = None
    # One that is founded for the track takes after it.
    if generation.band_id is not None and not generation.create_band:
        band = await bands.band_for(session, generation.band_id, user_id)
        aim, reasons = await _of_band(session, generation, band, aim, replace(reasons, band=band.name), space)
    conditions, reasons = await _told(session, aim, conditions, reasons, space)
    if band is None:
        return Gathered(conditions, reasons, source_sha256)
    return Gathered(played_by(conditions, band.seed, sound_of(band)), reasons, source_sha256, band.name)


def _songs(standing: Standing | None) -> int:
    return 0 if standing is None else int(standing.taste.profile["songs"])


def _traits(source: SourceTrack) -> SourceTraits | None:
    if source.asset is None or source.asset.analysis is None:
        return None
    return traits_of(analysis_from_report(source.asset.analysis))


async def _listener(session: AsyncSession, generation: Generation, standing: Standing | None) -> _Aim:
    """Return where the listener's next track lies: in their taste, and most in the facet whose turn it is."""
    whole = None if standing is None else taste_vector(standing.facets)
    if standing is None or whole is None:
        return _Aim()
    shares = np.cumsum([facet.share for facet in standing.facets])
    turn = (generation.number * _GOLDEN + (generation.user_id.int % 997) / 997) % 1.0
    number = min(int(np.searchsorted(shares, turn * shares[-1])), len(shares) - 1)
    facet = standing.facets[number]
    words = await taste.in_words(session, standing)
    vector = unit(_FACET_SHARE * facet.direction + (1 - _FACET_SHARE) * whole)
    pull = _pull_of(standing, number)
    said = await taste.said_for(session, generation.user_id, list(pull.weights))
    pull.why.update(dict.fromkeys(said, "said"))
    return _Aim(vector, pull, words[number])


def _pull_of(standing: Standing, number: int) -> _Pull:
    """Return the songs of a facet, with what speaks for each."""
    position = int(standing.facets[number].members[0]) if standing.facets[number].members.size else None
    pull = _Pull()
    for track, weight, facet, *_ in standing.taste.songs:
        if weight > 0 and facet == position and len(pull.weights) < _LOOKED_AT:
            pull.weights[UUID(track)] = float(weight)
            pull.why[UUID(track)] = "heard"
    for track_id, facet_number in standing.liked_since().items():
        if facet_number == number:
            pull.weights[track_id] = pull.weights.get(track_id, 0.0) + standing.moves[track_id]
            pull.why[track_id] = "said"
    return pull


async def _like(session: AsyncSession, source: SourceTrack, listener: _Aim, space: str, model: str | None) -> _Aim:
    """Return where a track lies that resembles a source; where the source's place is unknown, the listener's."""
    found = await embeddings.of(session, [source.id], space=space, proxy_version=model)
    if source.id not in found:
        return _Aim(listener.vector, _Pull({source.id: 1.0}, {source.id: "listed"}), placed=False)
    return _Aim(toward(found[source.id], listener.vector), _Pull({source.id: 1.0}, {source.id: "listed"}))


async def _radio(  # noqa: PLR0917 - all that a radio is made from
    session: AsyncSession, generation: Generation, listener: _Aim, space: str, model: str | None, reasons: Reasons
) -> tuple[_Aim, Reasons]:
    """Return where a playlist's or a queue's next track lies."""
    liked, skipped = ([UUID(track) for track in generation.steer.get(name, ())] for name in ("liked", "skipped"))
    name, listed = None, liked
    if generation.playlist_id is not None:
        name = (await playlists.seen(session, generation.user_id, generation.playlist_id)).playlist.name
        listed = await playlists.tracks_of(session, generation.playlist_id, limit=_LOOKED_AT)
    found = await embeddings.of(session, [*listed, *liked, *skipped], space=space, proxy_version=model)
    middle = [found[track] for track in listed if track in found]
    vector = unit(np.mean(middle, axis=0)) if middle else listener.vector
    if vector is not None:
        vector = steered(vector, _stacked(found, liked), _stacked(found, skipped))
    pull = _Pull(dict.fromkeys(listed, 1.0), dict.fromkeys(listed, "listed")) if listed else listener.pull
    tracks = await catalog.tracks(session, [*liked, *skipped])
    named = {track_id: song_in_words(track.title, track.artist) for track_id, track in tracks.items()}
    reasons = replace(
        reasons,
        listed=(len(middle), name) if listed else None,
        liked=tuple(named[track] for track in liked if track in named)[-_TOLD:],
        skipped=tuple(named[track] for track in skipped if track in named)[-_TOLD:],
    )
    return _Aim(vector, pull, None if listed else listener.facet), reasons


def _stacked(found: Mapping[UUID, FloatArray], tracks: Sequence[UUID]) -> FloatArray:
    there = [found[track] for track in tracks if track in found]
    return np.stack(there) if there else np.zeros((0, 768), dtype=np.float32)


async def _of_band(  # noqa: PLR0917 - all that a band changes
    session: AsyncSession, generation: Generation, band: Band, aim: _Aim, reasons: Reasons, space: str
) -> tuple[_Aim, Reasons]:
    """Return an aim halfway to where the band's music lies; a continuation is its source's own."""
    place = await bands.place_of(session, band, space)
    if place is None or generation.mode == "extend":
        return aim, reasons
    vector = np.asarray(place, dtype=np.float32)
    if aim.vector is not None:
        vector = unit((1 - _BAND_SHARE) * aim.vector + _BAND_SHARE * vector)
    return replace(aim, vector=vector), replace(reasons, band_placed=aim.vector is not None)


def played_by(conditions: Conditions, seed: int, sound: Sound) -> Conditions:
    """Return conditions with what a band is known for: its players, styles, and half of its tempo and mood."""
    tempo = sound.tempo_bpm if conditions.tempo_bpm is None else conditions.tempo_bpm
    if tempo is not None and sound.tempo_bpm is not None:
        # Of 140 and 70 beats a minute one hears the same.
        near = tempo * 2.0 ** round(log2(sound.tempo_bpm / tempo))
        tempo = (near * sound.tempo_bpm) ** 0.5
    return replace(
        conditions,
        band_seed=seed,
        band_styles=sound.styles,
        tempo_bpm=tempo,
        energy=_halfway(conditions.energy, sound.energy),
        valence=_halfway(conditions.valence, sound.valence),
    )


def _halfway(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return (1 - _BAND_SHARE) * one + _BAND_SHARE * other


async def _told(
    session: AsyncSession, aim: _Aim, conditions: Conditions, reasons: Reasons, space: str
) -> tuple[Conditions, Reasons]:
    """Add what the nearest songs tell: tempo, energy, valence, tags, and how far their places were heard."""
    ids = list(aim.pull.weights)
    vectors = await embeddings.of(session, ids, space=space) if ids else {}
    likeness = {track: float(vectors[track] @ aim.vector) for track in vectors} if aim.vector is not None else {}
    nearest = sorted(ids, key=lambda track: -likeness.get(track, 0.0) * aim.pull.weights[track] ** 0.5)[:_PULLING]
    known = await embeddings.known(session, nearest)
    heard = await embeddings.heard_of(session, nearest, space=space) if nearest else set()
    weights = {track: aim.pull.weights[track] for track in nearest if track in known}
    facet = aim.facet
    middles = {name: _middle(known, weights, name) for name in _FEATURES}
    tags = _tags(known, weights)
    if facet is not None:
        middles = {
            "tempo": facet.tempo,
            "energy": facet.energy,
            **{k: v for k, v in middles.items() if v is not None},
        }
        tags = tags or dict.fromkeys(facet.tags, 1.0)
    influences = tuple(
        Influence(known[track].title, known[track].artist, likeness[track], aim.pull.why[track])
        for track in nearest
        if track in known and track in likeness and conditions.source is None
    )
    conditions = replace(
        conditions,
        vector=aim.vector,
        trust=len(heard) / len(nearest) if nearest else 0.0,
        atlas=atlas_of(space),
        tags=tags,
        tempo_bpm=middles.get("tempo"),
        energy=middles.get("energy"),
        valence=middles.get("valence"),
    )
    told = None
    if facet is not None:
        told = FacetTold(facet.name, facet.share, facet.tempo, facet.energy, facet.year)
    common = tuple(sorted(tags, key=lambda tag: -tags[tag]))
    told_of = tuple(sorted(influences, key=lambda one: -one.likeness)[:_TOLD])
    return conditions, replace(reasons, influences=told_of, facet=told, tags=common)


def _middle(known: Mapping[UUID, KnownTrack], weights: Mapping[UUID, float], name: str) -> float | None:
    """Return the weighted median of a measure; None where fewer than one song in three tell it."""
    told = sorted(
        (known[track].numbers[name], weight) for track, weight in weights.items() if name in known[track].numbers
    )
    told = [(value, weight) for value, weight in told if name != "tempo" or value > 0]
    if not told or 3 * len(told) < len(weights):
        return None
    half = sum(weight for _, weight in told) / 2
    for value, weight in told:
        half -= weight
        if half <= 0:
            return value
    return told[-1][0]


def _tags(known: Mapping[UUID, KnownTrack], weights: Mapping[UUID, float]) -> dict[str, float]:
    tags: dict[str, float] = defaultdict(float)
    for track, weight in weights.items():
        for tag in known[track].tags:
            tags[tag] += weight
    return dict(tags)
