"""How much one user may ask of the queue."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from segue.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How many jobs of one user run at a time, and how many may wait."""

    running: int = 1
    queued: int = 100

    @classmethod
    def of(cls, session: AsyncSession) -> "JobLimits":
        """Return the limits of the settings that `session` carries, or the defaults."""
        settings = session.info.get("settings")
        if not isinstance(settings, Settings):
            return cls()
        return cls(running=settings.jobs_per_user, queued=settings.queued_jobs_per_user)
