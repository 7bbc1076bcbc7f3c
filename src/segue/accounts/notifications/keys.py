"""The key by which push services know this installation: set, or made once and kept sealed."""

from typing import Final

from segue.accounts.notifications import repository
from segue.kit.push import VapidKey
from segue.kit.runtime import Runtime
from segue.kit.sealing import CannotUnseal, sealer_of

_PLACE: Final = b"push key"


async def vapid_key(runtime: Runtime) -> VapidKey:
    """Return the key; all processes agree on it."""
    settings = runtime.settings
    if settings.push_private_key is not None:
        return VapidKey(settings.push_private_key.get_secret_value())
    sealer = sealer_of(settings)
    async with runtime.database.system_session() as session:
        kept = await repository.sealed_key(session)
        if kept is not None:
            try:
                return VapidKey(sealer.unseal(kept, bound_to=_PLACE).decode())
            except CannotUnseal:
                # The installation's secret has changed. Browsers take messages of the old key alone.
                await repository.forget_subscriptions(session, None)
        new = sealer.seal(VapidKey.new().private_key.encode(), bound_to=_PLACE)
        sealed = await repository.keep_key(session, new, instead_of=kept)
    return VapidKey(sealer.unseal(sealed, bound_to=_PLACE).decode())
