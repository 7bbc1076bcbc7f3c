"""What a generation shall become: from the listener, the source and what they prefer to the engine's request."""

from dataclasses import dataclass, replace
from pathlib import Path

from segue.engines.generation import GenerationRequest
from segue.generation import repository
from segue.generation.tables import Generation
from segue.kit.jobs import JobContext
from segue.music.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made, and why.

    Attributes
    ----------
    request
        For the engine, yet without the source's file.
    source_sha256
        The file that it continues or resembles, if there is any.
    """

    request: GenerationRequest
    title: str
    artist: str
    explanation: tuple[str, ...]
    source_sha256: str | None = None

    def request_with(self, source: Path) -> GenerationRequest:
        """Return the request with the source's file."""
        return replace(self.request, source=source)


async def plan_for(job: JobContext, generation: Generation) -> Plan:
    """Plan a generation, and tell the listener why before anything is heard."""
    plan = _plan(generation)
    async with job.session() as session:
        told = {"title": plan.title, "explanation": list(plan.explanation)}
        await repository.note(session, generation.id, told)
    return plan


def _plan(generation: Generation) -> Plan:
    title, artist = f"Track {generation.number + 1}", "Segue"
    request = GenerationRequest(
        mode=generation.mode,
        seed=generation.seed,
        duration_s=generation.duration_s,
        wishes=Wishes(),
        title=title,
        artist=artist,
    )
    return Plan(request, title, artist, ("Nothing is known of your taste yet, so chance chose the style.",))
