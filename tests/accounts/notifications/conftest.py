"""Users, a push service on this machine, and something to tell."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from segue.accounts.notifications import service as notifications
from segue.kit import push
from segue.kit.ids import new_id
from segue.kit.runtime import Runtime
from tests.callers import anonymous, caller, client, other
from tests.kit.push_service import LocalPushService, LocalTransport, local_push_service
from tests.songs import Caller

__all__ = ["anonymous", "caller", "client", "other"]


@pytest.fixture
def push_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPushService]:
    with local_push_service() as service:
        monkeypatch.setattr(push, "PublicTransport", lambda: LocalTransport(service))
        yield service


async def tell(runtime: Runtime, *users: Caller, subject_id: UUID | None = None, title: str = "News") -> UUID:
    """Tell users something; return what it is about."""
    subject_id = subject_id or new_id()
    async with runtime.database.system_session() as session:
        ids = [user.user.user_id for user in users]
        data = {"title": title, "body": "Something happened"}
        await notifications.tell(session, ids, kind="test", subject_id=subject_id, data=data)
    return subject_id
