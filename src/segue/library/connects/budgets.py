"""What may be asked of a platform in a day, all users and all workers together."""

from datetime import datetime, time, timedelta

from segue.kit.clock import now
from segue.kit.runtime import Runtime
from segue.library.connects import repository
from segue.library.connects.errors import PlatformBusy
from segue.library.connects.platforms.http import Spend
from segue.library.connects.platforms.platform import Platform


def budget_of(runtime: Runtime, platform: Platform) -> Spend:
    """Return what counts a platform's requests, each in a transaction of its own: what was sent stays counted."""
    budget = runtime.settings.connect_budgets.get(platform.name)

    async def spend() -> None:
        if budget is None:
            return
        moment = now()
        # A platform's day may begin at another hour than ours.
        day = (moment - timedelta(hours=platform.day_begins_h)).date()
        async with runtime.database.system_session() as session:
            if budget > 0 and await repository.use_platform(session, platform.name, day, budget):
                return
            await repository.forget_use(session, day - timedelta(days=7))
        following = datetime.combine(day + timedelta(days=1), time(platform.day_begins_h), moment.tzinfo)
        raise PlatformBusy(
            f"{platform.title} has been asked as much as this server may ask it in a day: it is asked again tomorrow.",
            wait_s=(following - moment).total_seconds(),
        )

    return spend
