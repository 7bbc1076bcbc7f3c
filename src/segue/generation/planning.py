"""What a generation shall become: from the listener, the source and what they prefer to the engine's request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from segue.audio.analysis import Key
from segue.catalog import service as catalog
from segue.engines.generation import GenerationRequest
from segue.engines.writing import Sound
from segue.engines.writing.choose import choose_writer
from segue.generation import repository
from segue.generation.bands import service as bands
from segue.generation.bands import writing
from segue.generation.conditioning import Conditioned, condition
from segue.generation.explaining import explain, key_in_words
from segue.generation.gathering import Gathered, gather
from segue.generation.seeds import is_own
from segue.generation.tables import Generation
from segue.generation.wording import style_in_words
from segue.kit.errors import NotFound
from segue.kit.jobs import JobContext
from segue.music.score import ChordName
from segue.music.wishes import Wishes
from segue.taste import service as taste

#: Whom tracks are by that no band plays.
HOUSE_BAND: Final = "Segue"
_LATEST_TITLES: Final = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made, and why.

    Attributes
    ----------
    request
        For the engine, yet without the source's file.
    source_sha256
        The file that it continues or resembles, if there is any.
    vector
        Where it is aimed, if that is known.
    """

    request: GenerationRequest
    title: str
    artist: str
    explanation: tuple[str, ...]
    source_sha256: str | None = None
    vector: tuple[float, ...] | None = None

    def request_with(self, source: Path) -> GenerationRequest:
        """Return the request with the source's file."""
        return replace(self.request, source=source)


async def plan_for(job: JobContext, generation: Generation) -> Plan:
    """Plan a generation, and tell the listener why before anything is heard; what is planned once stays so."""
    if generation.source_id is None and generation.mode in ("extend", "similar"):
        raise NotFound("The track that this one was to be made from was deleted.")
    if generation.conditioning is not None:
        return await _plan_again(job, generation, generation.conditioning)
    if generation.source_id is not None:
        await _hear_source(job, generation)
    space = await taste.current_space(job.runtime)
    async with job.session() as session:
        gathered = await gather(session, generation, space)
        taken = await _titles_taken(session, generation)
    found = condition(gathered.conditions)
    sound = sound_wished(found.wishes)
    if generation.create_band:
        gathered, found = await _found_band(job, generation, gathered, found, sound)
    writer = choose_writer(job.runtime.settings)
    await job.report(2)
    titles = await asyncio.to_thread(writer.track_titles, sound, generation.seed, 1, avoid=taken)
    vector = gathered.conditions.vector
    plan = _plan(
        generation,
        _settled(found.wishes),
        title=titles[0],
        artist=gathered.artist or HOUSE_BAND,
        explicit=gathered.conditions.limits.clean is False,
        explanation=explain(gathered.reasons, gathered.conditions, found),
        source_sha256=gathered.source_sha256,
        vector=None if vector is None else tuple(float(value) for value in vector),
    )
    async with job.session() as session:
        told = {
            "title": plan.title,
            "explanation": list(plan.explanation),
            "conditioning": {
                "wishes": wishes_as_json(plan.request.wishes),
                "vector": plan.vector,
                "space": gathered.reasons.space,
                "explicit": plan.request.explicit,
            },
        }
        await repository.note(session, generation.id, told)
    return plan


def describe(wishes: Wishes) -> str:
    """Return wishes in words, for engines that are prompted: ``calm hip hop, 82 bpm, A minor``."""
    styles = " and ".join(style_in_words(name) for name in list(wishes.styles)[:2])
    energy = wishes.energy if wishes.energy is not None else 0.5
    mood = "calm" if energy < 0.4 else "energetic" if energy > 0.65 else "relaxed"
    facts = [f"{mood} {styles}".strip()]
    if wishes.tempo_bpm is not None:
        facts.append(f"{wishes.tempo_bpm:.0f} bpm")
    if wishes.key is not None:
        facts.append(key_in_words(wishes.key))
    if wishes.vocals is False:
        facts.append("instrumental")
    if wishes.bass:
        facts.append("heavy bass" if wishes.bass > 0 else "light bass")
    return ", ".join(facts)


def sound_wished(wishes: Wishes) -> Sound:
    """Return what a song of these wishes will sound like, for who writes about it."""
    return Sound(
        styles=wishes.styles,
        tempo_bpm=wishes.tempo_bpm,
        energy=wishes.energy,
        valence=wishes.valence,
        bass=wishes.bass,
        vocals=wishes.vocals,
    )


def wishes_as_json(wishes: Wishes) -> dict[str, object]:
    """Return wishes as a generation keeps them."""
    return {
        "styles": dict(wishes.styles),
        "tempo_bpm": wishes.tempo_bpm,
        "beats_per_bar": wishes.beats_per_bar,
        "key": None if wishes.key is None else key_in_words(wishes.key),
        "energy": wishes.energy,
        "valence": wishes.valence,
        "bass": wishes.bass,
        "vocals": wishes.vocals,
        "drums": wishes.drums,
        "chords": [[chord.root, chord.quality, beats] for chord, beats in wishes.chords],
        "band": wishes.band,
    }


def wishes_from_json(told: Mapping[str, Any]) -> Wishes:
    """Return wishes that a generation keeps, but for its length."""
    tonic, _, mode = (told["key"] or "").partition(" ")
    return _settled(
        Wishes(
            styles=told["styles"],
            tempo_bpm=told["tempo_bpm"],
            beats_per_bar=told["beats_per_bar"],
            key=Key.parse(tonic, "minor" if mode == "minor" else "major") if tonic else None,
            energy=told["energy"],
            valence=told["valence"],
            bass=told["bass"],
            vocals=told["vocals"],
            drums=told.get("drums"),
            chords=tuple((ChordName(root, quality), beats) for root, quality, beats in told["chords"]),
            band=told["band"],
        )
    )


def _settled(wishes: Wishes) -> Wishes:
    """Return wishes with their styles in an order that their shares tell: the database keeps no other."""
    return replace(wishes, styles=dict(sorted(wishes.styles.items(), key=lambda item: (-item[1], item[0]))))


async def _plan_again(job: JobContext, generation: Generation, settled: Mapping[str, Any]) -> Plan:
    """Return the plan that an attempt made which died: its words were told already."""
    source_sha256, artist = None, HOUSE_BAND
    async with job.session() as session:
        if generation.source_id is not None:
            source = await catalog.track(session, generation.source_id)
            source_sha256 = source.asset.sha256 if source.asset else None
        if generation.band_id is not None:
            artist = (await bands.band_for(session, generation.band_id, job.user_id)).name
    vector = settled["vector"]
    return _plan(
        generation,
        replace(wishes_from_json(settled["wishes"]), duration_s=generation.duration_s),
        title=str(generation.title),
        artist=artist,
        explicit=bool(settled.get("explicit")),
        explanation=tuple(generation.explanation),
        source_sha256=source_sha256,
        vector=None if vector is None else tuple(vector),
    )


async def _titles_taken(session: AsyncSession, generation: Generation) -> frozenset[str]:
    """Return titles that the listener's next track shall not have again; a seed that was chosen decides by itself.

    What was made after the seed was first had doesn't count, nor does that track: made again, it is called the same.
    """
    if not is_own(generation.user_id, generation.seed):
        return frozenset()
    before = repository.titles_before(session, generation.user_id, generation.seed, limit=_LATEST_TITLES)
    return frozenset(await before)


async def _hear_source(job: JobContext, generation: Generation) -> None:
    """Have the source analysed and placed, if it is the user's own and has audio."""
    async with job.session() as session:
        source = await catalog.track(session, generation.source_id) if generation.source_id else None
    if source is not None and source.user_id == job.user_id and source.asset is not None:
        await catalog.ensure_analyzed(job, source.id, share=(1, 5))


async def _found_band(
    job: JobContext, generation: Generation, gathered: Gathered, found: Conditioned, sound: Sound
) -> tuple[Gathered, Conditioned]:
    """Found the band that plays this track; a later attempt finds it founded."""
    vector = gathered.conditions.vector
    if generation.band_id is not None:
        async with job.session() as session:
            band = await bands.band_for(session, generation.band_id, job.user_id)
    else:
        names = await writing.names_for(job, sound, generation.seed)
        async with job.session() as session:
            band = await bands.found(
                session,
                job.user_id,
                sound=sound,
                seed=generation.seed,
                vector=None if vector is None else [float(value) for value in vector],
                space=gathered.reasons.space,
                names=names,
            )
            await repository.note(session, generation.id, {"band_id": band.id})
        await writing.write_bio(job, band)
    generation.band_id = band.id
    reasons = replace(gathered.reasons, founded=band.name)
    wishes = replace(found.wishes, band=band.seed)
    return replace(gathered, artist=band.name, reasons=reasons), replace(found, wishes=wishes)


def _plan(
    generation: Generation,
    wishes: Wishes,
    *,
    title: str,
    artist: str,
    explicit: bool,
    explanation: tuple[str, ...],
    source_sha256: str | None,
    vector: tuple[float, ...] | None,
) -> Plan:
    request = GenerationRequest(
        mode=generation.mode,
        seed=generation.seed,
        duration_s=generation.duration_s,
        wishes=wishes,
        description=describe(wishes),
        title=title,
        artist=artist,
        explicit=explicit,
    )
    return Plan(request, title, artist, explanation, source_sha256, vector)
