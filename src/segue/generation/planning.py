"""What a generation shall become: from the listener, the source and what they prefer to the engine's request."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from segue.catalog import service as catalog
from segue.engines.generation import GenerationRequest
from segue.engines.writing import Sound
from segue.engines.writing.choose import choose_writer
from segue.generation import repository
from segue.generation.bands import service as bands
from segue.generation.conditioning import Conditioned, condition
from segue.generation.explaining import explain, key_in_words
from segue.generation.gathering import Gathered, gather
from segue.generation.seeds import is_own
from segue.generation.tables import Generation
from segue.generation.wording import style_in_words
from segue.kit.jobs import JobContext
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
    sound: Sound
    source_sha256: str | None = None
    vector: tuple[float, ...] | None = None

    def request_with(self, source: Path) -> GenerationRequest:
        """Return the request with the source's file."""
        return replace(self.request, source=source)


async def plan_for(job: JobContext, generation: Generation) -> Plan:
    """Plan a generation, and tell the listener why before anything is heard."""
    if generation.source_id is not None:
        await _hear_source(job, generation)
    space = await taste.current_space(job.runtime)
    async with job.session() as session:
        gathered = await gather(session, generation, space)
        taken = await _titles_taken(session, generation)
    found = condition(gathered.conditions)
    sound = sound_wished(found.wishes)
    if generation.create_band and generation.band_id is None:
        gathered, found = await _found_band(job, generation, gathered, found, sound)
    writer = choose_writer(job.runtime.settings)
    titles = await asyncio.to_thread(writer.track_titles, sound, generation.seed, 1, avoid=taken)
    plan = _plan(generation, gathered, found, sound, titles[0])
    async with job.session() as session:
        told = {
            "title": plan.title,
            "explanation": list(plan.explanation),
            "conditioning": {"wishes": wishes_as_json(found.wishes), "vector": plan.vector},
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
        "chords": [[chord.root, chord.quality, beats] for chord, beats in wishes.chords],
        "band": wishes.band,
    }


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
    async with job.session() as session:
        aimed = None if vector is None else [float(value) for value in vector]
        band = await bands.found(session, job.user_id, sound=sound, seed=generation.seed, vector=aimed)
        await repository.note(session, generation.id, {"band_id": band.id})
    generation.band_id = band.id
    reasons = replace(gathered.reasons, founded=band.name)
    wishes = replace(found.wishes, band=band.seed)
    return replace(gathered, artist=band.name, reasons=reasons), replace(found, wishes=wishes)


def _plan(generation: Generation, gathered: Gathered, found: Conditioned, sound: Sound, title: str) -> Plan:
    artist = gathered.artist or HOUSE_BAND
    request = GenerationRequest(
        mode=generation.mode,
        seed=generation.seed,
        duration_s=generation.duration_s,
        wishes=found.wishes,
        description=describe(found.wishes),
        title=title,
        artist=artist,
        explicit=gathered.conditions.limits.clean is False,
    )
    vector = gathered.conditions.vector
    return Plan(
        request=request,
        title=title,
        artist=artist,
        explanation=explain(gathered.reasons, gathered.conditions, found),
        sound=sound,
        source_sha256=gathered.source_sha256,
        vector=None if vector is None else tuple(float(value) for value in vector),
    )
