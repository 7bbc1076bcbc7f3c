"""The background work of bands: telling followers, a single a week, and what comes with time."""

from datetime import timedelta

from segue.generation.bands import regularly, repository
from segue.generation.bands.announcing import ANNOUNCE
from segue.kit.jobs import JobType, Recurring

RELEASE = JobType("bands.release", regularly.release_due)
LOOK_AFTER = JobType("bands.look_after", regularly.look_after)
JOB_TYPES = (ANNOUNCE, RELEASE, LOOK_AFTER)
#: Each band says itself when its next single is due.
RECURRING = (
    Recurring("bands.release_due", every=timedelta(hours=1), due=repository.owners_due, job_type=RELEASE),
    Recurring("bands.look_after_daily", every=timedelta(days=1), due=regularly.owners, job_type=LOOK_AFTER),
)
