"""A worker process of the tests' job types: ``python -m tests.kit.jobs.worker_process``."""

import asyncio

from segue.kit.database import Database
from segue.kit.jobs import Worker
from segue.kit.logs import set_up_logs
from segue.kit.runtime import compose
from segue.kit.settings import Settings
from tests.kit.jobs.samples import JOB_TYPES


async def main() -> None:
    """Work until told to stop."""
    settings = Settings()
    set_up_logs(settings)
    database = Database(str(settings.database_url))
    await Worker(compose(settings, database), JOB_TYPES).run()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
