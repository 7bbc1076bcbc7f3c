"""Replicate's API over plain HTTP: files, predictions, results, and what can go wrong with each."""

import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import httpx
from pydantic import BaseModel, StringConstraints, ValidationError

from segue.engines.hosted.results import REDIRECTS, Refused, retry_after_s, save, unreachable
from segue.kit.addresses import is_public
from segue.kit.errors import RateLimited, SegueError, Unavailable

_TIMEOUT: Final = httpx.Timeout(30, connect=15, write=120)
_TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.5
#: Who must wait longer than this is told so instead: a job that shows no sign of life is stopped.
_LONGEST_PAUSE_S: Final = 20.0
#: A prediction that nobody waits for any more ends by itself.
_CANCEL_AFTER: Final = "30m"
_MEANINGS: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "Replicate does not know this token: see SEGUE_REPLICATE_TOKEN.",
    HTTPStatus.PAYMENT_REQUIRED: "Replicate wants to be paid: look at the account's billing.",
    HTTPStatus.FORBIDDEN: "Replicate does not allow this account to do that.",
    HTTPStatus.NOT_FOUND: "Replicate knows no such model, prediction or file: see {setting}.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Replicate takes no song of this size.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Replicate's model does not take what it was sent: see {setting}.",
}
#: How long is waited for a prediction within the first request, between two looks at it, and in all.
_WAIT_S: Final = 10
_FIRST_LOOK_S: Final = 1.0
_LONGEST_LOOK_S: Final = 10.0
_PATIENCE_S: Final = 1800.0

#: Ids become parts of URLs.
_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
_Answer = TypeVar("_Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ReplicateAccount:
    """Access to a model that Replicate hosts.

    Attributes
    ----------
    token
        Of the account, which pays.
    url
        Where the API answers.
    model
        ``owner/name:version``.
    setting
        Which setting names the model: messages refer to it.
    hosts
        Hosts, and those below them, that results may be fetched from, beside the API's own.
    """

    token: str = field(repr=False)
    url: str
    model: str
    setting: str
    hosts: tuple[str, ...]


class _Urls(BaseModel):
    get: str


class UploadedFile(BaseModel):
    """A file that Replicate holds."""

    id: _Id
    urls: _Urls


class Prediction(BaseModel):
    """A run of a hosted model, as far as it has come."""

    id: _Id
    status: Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
    error: str | None = None
    output: Any = None

    @property
    def ended(self) -> bool:
        """Whether it will change no more."""
        return self.status not in ("starting", "processing")


class ReplicateApi:
    """A connection to Replicate; a context manager.

    Every method raises `Unavailable` where Replicate cannot be reached, has a fault, or answers something else than its
    description says; `Refused` where it refuses; and `RateLimited` where it asks to wait longer than is sensible here.
    """

    def __init__(self, account: ReplicateAccount) -> None:
        self._account = account
        self._base = httpx.URL(account.url.rstrip("/"))
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {account.token}", "User-Agent": "segue"}, timeout=_TIMEOUT
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def upload(self, path: Path, media_type: str) -> UploadedFile:
        """Upload a file; Replicate keeps it for a day, or until it is deleted."""
        with path.open("rb") as file:
            answer = self._send("POST", "files", files={"content": (path.name, file, media_type)})
        return _read(UploadedFile, answer)

    def delete_file(self, file: UploadedFile) -> None:
        """Delete an uploaded file."""
        self._send("DELETE", f"files/{file.id}", again=True)

    def run(self, inputs: Mapping[str, object]) -> Generator[None, None, Any]:
        """Run the account's model and return its output; yields now and then while it works.

        Who stops listening cancels the prediction, so that it costs no more.

        Raises
        ------
        Refused
            It failed, or took more than half an hour.
        """
        prediction = self._begin(inputs)
        try:
            pause_s, deadline = _FIRST_LOOK_S, time.monotonic() + _PATIENCE_S
            while not prediction.ended:
                if time.monotonic() > deadline:
                    raise Refused(f"Replicate's model has not ended within {_PATIENCE_S / 60:.0f} minutes.")
                yield
                time.sleep(pause_s)
                pause_s = min(1.5 * pause_s, _LONGEST_LOOK_S)
                prediction = _read(Prediction, self._send("GET", f"predictions/{prediction.id}", again=True))
        finally:
            if not prediction.ended:
                with suppress(SegueError):  # it ends by itself, later
                    self._send("POST", f"predictions/{prediction.id}/cancel", again=True)
        if prediction.status != "succeeded":
            raise Refused(f"Replicate's model ended as {prediction.status}: {(prediction.error or 'no reason')[:500]}.")
        return prediction.output

    def _begin(self, inputs: Mapping[str, object]) -> Prediction:
        """Start the account's model, and wait a little for it to end."""
        answer = self._send(
            "POST",
            "predictions",
            json={"version": self._account.model, "input": dict(inputs)},
            headers={"Prefer": f"wait={_WAIT_S}", "Cancel-After": _CANCEL_AFTER},
        )
        return _read(Prediction, answer)

    def download(self, url: str, path: Path, *, max_bytes: int) -> None:
        """Fetch a result: from the API's own host, or from one that is allowed, over HTTPS, at a public address.

        Raises
        ------
        TooLarge
            If it is larger than ``max_bytes``.
        """
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise Refused(f"Replicate names no address of a result: {error}") from error
        for _ in range(REDIRECTS + 1):
            self._check(target)
            try:
                with self._client.stream("GET", target) as answer:
                    if answer.has_redirect_location:
                        target = target.join(answer.headers["Location"])
                        continue
                    if answer.status_code != HTTPStatus.OK:
                        answer.read()
                        raise self._refusal(answer)
                    save(answer, path, max_bytes=max_bytes, service="Replicate")
                    return
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise unreachable(target.host, error) from error
        raise Refused(f"Replicate's result at {url} leads on and on.")

    def _check(self, url: httpx.URL) -> None:
        """Refuse a URL that a result may not come from."""
        if (url.scheme, url.host, url.port) == (self._base.scheme, self._base.host, self._base.port):
            return
        allowed = any(url.host == host or url.host.endswith(f".{host}") for host in self._account.hosts)
        if url.scheme != "https" or not allowed:
            raise Refused(
                f"Replicate names a result at {url.scheme}://{url.host}, which is not one of SEGUE_REPLICATE_HOSTS."
            )
        if not is_public(url.host):
            raise Refused(f"{url.host}, where Replicate's results lie, has a private address: it is not asked.")

    def _send(self, method: str, path: str, *, again: bool = False, **content: Any) -> httpx.Response:
        """Send a request; where it is busy, once more after a pause.

        With ``again``, also where it failed: such a request may arrive twice without harm.
        """
        for attempt in range(_TRIES):
            last = attempt + 1 == _TRIES
            pause_s = _FIRST_PAUSE_S * 2**attempt
            try:
                answer = self._client.request(method, f"{self._base}/{path}", **content)
            except httpx.HTTPError as error:
                if last or not again:
                    raise unreachable(self._base.host, error) from error
            else:
                if answer.is_success:
                    return answer
                # What was refused for being one too many did nothing; a file, though, has been read.
                refused = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and "files" not in content
                if last or not (refused or (again and answer.is_server_error)):
                    raise self._refusal(answer)
                pause_s = max(pause_s, retry_after_s(answer))
                if pause_s > _LONGEST_PAUSE_S:
                    raise self._refusal(answer)
            time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def _refusal(self, answer: httpx.Response) -> SegueError:
        """Say what an answer that is no success means, and what to do."""
        status, why = answer.status_code, _detail(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(
                f"Replicate has had too many requests from this account. {why}",
                retry_after_s=retry_after_s(answer) or 60,
            )
        if answer.is_server_error:
            return Unavailable(f"Replicate failed ({status}). Try again later. {why}".strip())
        meaning = _MEANINGS.get(status, f"Replicate refused ({status}).").format(setting=self._account.setting)
        return Refused(f"{meaning} {why}".strip())


def _read(kind: type[_Answer], answer: httpx.Response) -> _Answer:
    """Read an answer, or say that it is none."""
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise Unavailable(f"Replicate answered something that its API does not describe: {error}") from error


def _detail(answer: httpx.Response) -> str:
    """Return what a problem document says."""
    try:
        content = answer.json()
    except ValueError:
        return ""
    detail = content.get("detail") if isinstance(content, dict) else None
    return f"It says: {detail[:500]}" if isinstance(detail, str) else ""
