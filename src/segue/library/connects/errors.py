"""What can go wrong with a platform, told apart by what follows from it."""

from segue.kit.errors import Conflict, SegueError, Unavailable


class NotConfigured(Conflict):
    """The operator has not set a platform up."""

    type = "platform-not-configured"
    title = "This platform is not set up here"


class PlatformRefused(SegueError):
    """A platform refused: to ask again would not mend it."""

    status = 424
    type = "platform-refused"
    title = "The platform refused"


class AccessLapsed(PlatformRefused):
    """A platform takes a listener's tokens no more: they have to connect again."""

    type = "connect-again"
    title = "Connect again"


class PlatformDown(Unavailable):
    """A platform cannot be reached, or failed."""

    type = "platform-down"
    title = "The platform does not answer"


class PlatformBusy(Unavailable):
    """A platform wants to be left in peace for `wait_s`, or may not be asked any more today."""

    type = "platform-busy"
    title = "The platform asks to wait"

    def __init__(self, detail: str, *, wait_s: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(wait_s)))})
        self.wait_s = wait_s
