"""What the application is composed of: every domain's routes, job types, and jobs that come round."""

from itertools import chain

from fastapi import APIRouter

from segue.accounts import endpoints as accounts
from segue.accounts.notifications import endpoints as notifications
from segue.accounts.player_passwords import endpoints as player_passwords
from segue.api import jobs
from segue.api.privacy import endpoints as privacy
from segue.api.privacy import jobs as privacy_jobs
from segue.catalog import endpoints as catalog
from segue.catalog import jobs as catalog_jobs
from segue.catalog.fingerprints import endpoints as fingerprints
from segue.catalog.fingerprints import jobs as fingerprints_jobs
from segue.catalog.songs import endpoints as songs
from segue.discovery import endpoints as discovery
from segue.discovery import jobs as discovery_jobs
from segue.generation import endpoints as generation
from segue.generation import jobs as generation_jobs
from segue.generation.bands import endpoints as bands
from segue.generation.bands import jobs as bands_jobs
from segue.kit.jobs import Recurring
from segue.kit.jobs.types import JobType
from segue.library import endpoints as library
from segue.library import jobs as library_jobs
from segue.library.connects import endpoints as connects
from segue.library.connects import jobs as connects_jobs
from segue.library.history import endpoints as history
from segue.library.playing import endpoints as playing
from segue.library.playlists import routers as playlists
from segue.library.screenshots import endpoints as screenshots
from segue.library.screenshots import jobs as screenshots_jobs
from segue.library.songs import endpoints as library_songs
from segue.stems import endpoints as stems
from segue.stems import jobs as stems_jobs
from segue.studio import endpoints as studio
from segue.studio import jobs as studio_jobs
from segue.taste import endpoints as taste
from segue.taste import jobs as taste_jobs

ROUTERS: tuple[APIRouter, ...] = (
    accounts.router,
    player_passwords.router,
    catalog.router,
    fingerprints.router,
    songs.router,
    playing.router,
    library.router,
    connects.router,
    screenshots.router,
    *playlists.ROUTERS,
    history.router,
    library_songs.router,
    taste.router,
    stems.router,
    studio.router,
    generation.router,
    discovery.router,
    bands.router,
    notifications.router,
    jobs.router,
    privacy.router,
)
#: What brings something to a listener's library has their taste found anew.
_BRINGING: tuple[JobType, ...] = (*library_jobs.JOB_TYPES, *connects_jobs.JOB_TYPES, screenshots_jobs.KEEP_SCREENSHOT)
JOB_TYPES: tuple[JobType, ...] = tuple(
    chain(
        catalog_jobs.JOB_TYPES,
        fingerprints_jobs.JOB_TYPES,
        (job_type.followed_by(taste_jobs.BUILD) for job_type in _BRINGING),
        (screenshots_jobs.READ_SCREENSHOT,),
        privacy_jobs.JOB_TYPES,
        taste_jobs.JOB_TYPES,
        stems_jobs.JOB_TYPES,
        studio_jobs.JOB_TYPES,
        (job_type.followed_by(discovery_jobs.FEED) for job_type in generation_jobs.JOB_TYPES),
        discovery_jobs.JOB_TYPES,
        bands_jobs.JOB_TYPES,
    )
)
RECURRING: tuple[Recurring, ...] = (
    *connects_jobs.RECURRING,
    *privacy_jobs.RECURRING,
    *taste_jobs.RECURRING,
    *bands_jobs.RECURRING,
)
