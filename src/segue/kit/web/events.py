"""Server-sent events: what every stream of them shares."""

from typing import Final

from fastapi.responses import StreamingResponse

#: No proxy keeps a stream back, nor anybody its beginning.
STREAM_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
#: How long a browser waits before it connects again.
RETRY_MS: Final = 2000


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"
