"""Music by ACE-Step 1.5, on a server that the user runs: whole songs, words sung where there are any."""

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx
import numpy as np
from pydantic import BaseModel, ValidationError

from segue.audio.analysis import Key
from segue.audio.files import OUR_LIMITS, DecodeLimits, decode
from segue.audio.signal import Audio, Progress, no_progress, part_of
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation.finishing import SAMPLE_RATE, finish
from segue.engines.generation.options import AceStepServer
from segue.engines.hosted.results import Refused, retry_after_s, save, unreachable
from segue.engines.writing import Sound, Verse, Writer
from segue.kit.errors import InvalidRequest, RateLimited, SegueError, Unavailable

_OURS: Final = "1"
_TIMEOUT: Final = httpx.Timeout(30, connect=10, write=120)
_SPAN_S: Final = (10.0, 600.0)
_TEMPI: Final = (30, 300)
_METRES: Final = (2, 3, 4, 6)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 5.0
_PATIENCE_S: Final = 1800.0
#: Nobody tells how far a task is: the bar goes half of what is left in so many seconds.
_HALF_S: Final = 30.0
_MADE: Final = 0.9
_BYTES_PER_S: Final = 96_000 * 2 * 4
_SLACK_S: Final = 2.0
#: In ``extend`` the end of the song is made again, so that what follows begins in it.
_LEAD_IN_S: Final = 0.5
_RUNNING, _SUCCEEDED = 0, 1
_SEEDS: Final = 1 << 31

_Answer = TypeVar("_Answer", bound=BaseModel)


class AceStepEngine:
    """ACE-Step 1.5 (J. Gong et al.), over the REST API of its own server.

    ``similar`` sends the source as what to sound like, ``extend`` as what to paint on from.

    Parameters
    ----------
    server
        Where it answers.
    writer
        Who writes the words where somebody shall sing and no words are given.

    Raises
    ------
    Unavailable
        There is none; the message says how to set one.
    """

    name = "acestep"

    def __init__(self, server: AceStepServer | None, writer: Writer) -> None:
        if server is None:
            raise Unavailable(
                "Music by ACE-Step needs its server: run `acestep-api` of github.com/ace-step/ACE-Step-1.5, "
                "and set SEGUE_ACESTEP_URL to where it answers."
            )
        self._server = server
        self._writer = writer
        self.version = "-".join(filter(None, ("1.5", server.model))) + f"+{_OURS}"

    def generate(self, request: GenerationRequest, folder: Path, *, progress: Progress = no_progress) -> Generation:
        """Make a track: see `segue.engines.generation.GenerationEngine`.

        Raises
        ------
        InvalidRequest
            If it shall be shorter than ten seconds or longer than ten minutes, or not longer than what it continues.
        Refused, RateLimited, Unavailable
            The server did not make it; the message says why.
        """
        low, high = _SPAN_S
        if not low <= request.duration_s <= high:
            raise InvalidRequest(f"ACE-Step makes songs of {low:.0f} to {high:.0f} seconds.")
        extends = request.mode == "extend" and request.source is not None
        source_s = decode(request.source, OUR_LIMITS).audio.duration_s if request.source and extends else 0.0
        if extends and request.duration_s <= source_s:
            raise InvalidRequest(f"The song lasts {source_s:.0f} s already: ask for more.")
        start_s = max(0.0, source_s - _LEAD_IN_S)
        found = folder / "song"
        with _Api(self._server) as api:
            task = api.release(_asked(request, self._server.model, start_s, self._lyrics(request)), request.source)
            for share in api.wait(task):
                progress(_MADE * share)
            api.download(task, found, max_bytes=int((request.duration_s + _SLACK_S) * _BYTES_PER_S) + (1 << 16))
        limits = DecodeLimits(max_bytes=found.stat().st_size, min_s=0.0, max_s=request.duration_s + _SLACK_S)
        made = decode(found, limits, sample_rate=SAMPLE_RATE, channels=2).audio.samples
        found.unlink()
        if made.shape[1] < (request.duration_s - _SLACK_S) * SAMPLE_RATE:
            short = f"{made.shape[1] / SAMPLE_RATE:.1f} s where {request.duration_s:.1f} s were asked for"
            raise Refused(f"ACE-Step made {short}: try again.")
        if extends:
            made = made[:, round(start_s * SAMPLE_RATE) :]
        return finish(
            Audio(np.ascontiguousarray(made), SAMPLE_RATE),
            request,
            folder,
            provenance={
                "engine": self.name,
                "version": self.version,
                "seed": request.seed,
                "duration_s": request.duration_s,
                "description": request.description,
            },
            lead_in_s=source_s - start_s if extends else 0.0,
            progress=part_of(progress, _MADE, 1 - _MADE),
        )

    def _lyrics(self, request: GenerationRequest) -> tuple[str, ...]:
        """Return the lines to be sung, with their parts named as the server wants it."""
        if request.lyrics or not request.wishes.vocals:
            return request.lyrics
        wishes, verses = request.wishes, _verses()
        sound = Sound(wishes.styles, wishes.tempo_bpm, wishes.energy, wishes.valence, vocals=True)
        written = self._writer.lyrics(sound, verses, request.seed, title=request.title, explicit=request.explicit)
        named = zip(verses, written, strict=True)
        return tuple(line for verse, lines in named for line in (f"[{verse.label.capitalize()}]", *lines))


def _verses() -> tuple[Verse, ...]:
    """Return what a song is mostly parted into: lines that any melody can carry."""
    verse, chorus = Verse("verse", (8, 7, 8, 7)), Verse("chorus", (6, 6, 6, 6), returns=True)
    return verse, chorus, verse, chorus


def _asked(request: GenerationRequest, model: str | None, start_s: float, lyrics: tuple[str, ...]) -> dict[str, Any]:
    """Return what a task is described by, in the server's words."""
    wishes = request.wishes
    asked: dict[str, Any] = {
        "prompt": request.description,
        "lyrics": "\n".join(lyrics) or "[Instrumental]",
        "audio_duration": round(request.duration_s, 2),
        "audio_format": "flac",
        "batch_size": 1,
        "use_random_seed": False,
        "seed": request.seed % _SEEDS,
        "thinking": request.source is None,
    }
    if model:
        asked["model"] = model
    if wishes.tempo_bpm is not None and _TEMPI[0] <= wishes.tempo_bpm <= _TEMPI[1]:
        asked["bpm"] = round(wishes.tempo_bpm)
    if wishes.key is not None:
        asked["key_scale"] = _key_scale(wishes.key)
    if wishes.beats_per_bar in _METRES:
        asked["time_signature"] = str(wishes.beats_per_bar)
    if request.source is not None and request.mode == "extend":
        asked["task_type"] = "repaint"
        asked["repainting_start"], asked["repainting_end"] = round(start_s, 3), round(request.duration_s, 3)
    return asked


def _key_scale(key: Key) -> str:
    return f"{key.tonic_name} {key.mode.capitalize()}"


class _Released(BaseModel):
    task_id: str


class _Task(BaseModel):
    status: int
    result: str | list[Any] | None = None


class _Song(BaseModel):
    file: str


class _Api:
    """A connection to a server of ACE-Step; a context manager."""

    def __init__(self, server: AceStepServer) -> None:
        self._base = httpx.URL(server.url.rstrip("/"))
        headers = {"User-Agent": "segue"} | ({"Authorization": f"Bearer {server.token}"} if server.token else {})
        self._client = httpx.Client(headers=headers, timeout=_TIMEOUT)
        self._song: _Song | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def release(self, asked: dict[str, Any], source: Path | None) -> str:
        """Start a task and return its id."""
        if source is None:
            data = self._post("/release_task", json=asked)
        else:
            name = "src_audio" if asked.get("task_type") else "reference_audio"
            with source.open("rb") as file:
                form = {
                    key: json.dumps(value) if isinstance(value, bool) else str(value) for key, value in asked.items()
                }
                data = self._post("/release_task", data=form, files={name: (f"song{source.suffix}", file)})
        return _read(_Released, data).task_id

    def wait(self, task: str) -> Iterator[float]:
        """Yield how far a task may be until it has succeeded."""
        began, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            answers = self._post("/query_result", json={"task_id_list": [task]})
            if not isinstance(answers, list) or not answers:
                raise Refused("ACE-Step does not know the task any more: was it started anew?")
            state = _read(_Task, answers[0])
            if state.status == _SUCCEEDED:
                self._song = _song_of(state)
                return
            if state.status != _RUNNING:
                raise Refused(f"ACE-Step failed: {str(state.result or 'it gives no reason')[:500]}")
            passed = time.monotonic() - began
            if passed > _PATIENCE_S:
                raise Refused(f"ACE-Step has not made the song within {_PATIENCE_S / 60:.0f} minutes.")
            yield 1.0 - 0.5 ** (passed / _HALF_S)
            time.sleep(pause_s)
            pause_s = min(1.5 * pause_s, _LONGEST_PAUSE_S)

    def download(self, task: str, path: Path, *, max_bytes: int) -> None:
        """Fetch the song of a task that has succeeded, from the server itself only."""
        if self._song is None:
            raise Refused(f"ACE-Step gave no song for task {task}.")
        try:
            url = self._base.join(self._song.file)
        except httpx.InvalidURL as error:
            raise Refused(f"ACE-Step names no address of a song: {error}") from error
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise Refused(f"ACE-Step names a song at {url.host}, which is not where it answers: it is not fetched.")
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code != HTTPStatus.OK:
                    answer.read()
                    raise _refusal(answer)
                save(answer, path, max_bytes=max_bytes, service="ACE-Step")
        except httpx.HTTPError as error:
            raise unreachable(self._base.host, error) from error

    def _post(self, path: str, **content: Any) -> Any:
        """Send a request and return the data of its answer."""
        try:
            answer = self._client.post(f"{self._base}{path}", **content)
        except httpx.HTTPError as error:
            raise unreachable(self._base.host, error) from error
        if not answer.is_success:
            raise _refusal(answer)
        try:
            wrapped = answer.json()
        except ValueError as error:
            raise Unavailable("ACE-Step answered something that is no JSON: is SEGUE_ACESTEP_URL its API?") from error
        if not isinstance(wrapped, dict) or "data" not in wrapped:
            raise Unavailable("ACE-Step answered something that its API does not describe: is it version 1.5?")
        if wrapped.get("error") or wrapped.get("code", HTTPStatus.OK) != HTTPStatus.OK:
            raise Refused(f"ACE-Step refused: {str(wrapped.get('error') or wrapped['code'])[:500]}")
        return wrapped["data"]


def _read(kind: type[_Answer], data: Any) -> _Answer:
    """Read an answer, or say that it is none."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise Unavailable(f"ACE-Step answered something that its API does not describe: {error}") from error


def _song_of(task: _Task) -> _Song:
    """Return the first song of a task; the server writes them as JSON within JSON."""
    try:
        songs: Any = json.loads(task.result) if isinstance(task.result, str) else task.result
        return _Song.model_validate(songs[0])
    except (ValueError, TypeError, IndexError) as error:
        raise Unavailable(f"ACE-Step names no song: {error}") from error


def _refusal(answer: httpx.Response) -> SegueError:
    """Say what an answer that is no success means, and what to do."""
    status, why = answer.status_code, answer.text[:300]
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Refused("ACE-Step does not take this key: see SEGUE_ACESTEP_TOKEN.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("ACE-Step has too much to do. Try again later.", retry_after_s=retry_after_s(answer) or 60)
    if answer.is_server_error:
        return Unavailable(f"ACE-Step failed ({status}). Try again later. {why}")
    return Refused(f"ACE-Step refused ({status}). {why}")
