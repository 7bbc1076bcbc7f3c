"""The hosted engine speaks Replicate's API, keeps a separator's promises, and trusts nothing that comes back."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from openapi_schema_validator import OAS30Validator

from segue.audio.files import Decoded, Probe
from segue.audio.signal import Audio
from segue.engines.hosted import replicate as replicate_api
from segue.engines.hosted.replicate import ReplicateAccount
from segue.engines.hosted.results import Refused
from segue.engines.separation import replicate
from segue.engines.separation.choose import choose_separator, describe_separators
from segue.engines.separation.options import OptionalEngines, optional_engines
from segue.engines.separation.replicate import ReplicateSeparator
from segue.kit.errors import InvalidAudio, RateLimited, SegueError, TooLarge, Unavailable
from segue.kit.settings import Settings
from tests.audio.synthesis import render_song
from tests.data import data_path
from tests.engines.hosted.replicate_server import Replicate, flac, serving
from tests.engines.separation.promises import assert_keeps_its_promises, lag, separated

MODEL = "cjwbw/demucs:25a173108cff36ef9f80f854c162d01df9e6528be175794b81158fa03836d953"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replicate]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for pause in ("_FIRST_PAUSE_S", "_FIRST_LOOK_S", "_LONGEST_LOOK_S"):
        monkeypatch.setattr(replicate_api, pause, 0.001)
    with serving(Replicate()) as served:
        yield served
    assert list(folder.iterdir()) == []


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode in this process: for tests whose files are not what is tested."""

    def decoded(path: Path, *_: object, **__: object) -> Decoded:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        return Decoded(Audio(samples.T, rate), Probe("flac", "flac", rate, 2, 1.0, 1))

    monkeypatch.setattr(replicate, "decode", decoded)


def account(server: Replicate, **how: Any) -> ReplicateAccount:
    told = {
        "token": "r8_token",
        "url": f"{server.url}/v1",
        "model": MODEL,
        "setting": "SEGUE_REPLICATE_DEMUCS",
        "hosts": ("replicate.delivery",),
        **how,
    }
    return ReplicateAccount(**told)


def engine(server: Replicate, **how: Any) -> ReplicateSeparator:
    return ReplicateSeparator(account(server, **how))


def noise(channels: int = 2, length: int = 30_000, rate: int = 44_100) -> Audio:
    random = np.random.default_rng(length)
    return Audio((0.1 * random.standard_normal((channels, length))).astype(np.float32), rate)


@pytest.mark.parametrize(("channels", "length", "rate"), [(2, 300_000, 44_100), (1, 9_000, 48_000)])
def test_four_stems_sum_to_any_mix(server: Replicate, channels: int, length: int, rate: int) -> None:
    assert_keeps_its_promises(engine(server), noise(channels, length, rate))


def test_stems_lie_where_the_mix_has_them(server: Replicate) -> None:
    mix = render_song(bars=1).audio
    stems = separated(engine(server), mix)
    assert lag(mix.samples, stems["vocals"]) == 0
    assert np.abs(stems["vocals"] - 0.5 * mix.samples).max() < 1e-3


def test_a_mix_over_full_scale_keeps_its_level(server: Replicate) -> None:
    mix = Audio(20 * noise().samples, 44_100)
    assert np.abs(mix.samples).max() > 5
    stems = separated(engine(server), mix)
    assert np.abs(stems["drums"] - 0.3 * mix.samples).max() < 1e-3


@pytest.mark.usefixtures("unguarded")
def test_waiting_gives_signs_of_life(server: Replicate) -> None:
    server.statuses = ["starting"] * 4 + ["processing"] * 5 + ["succeeded"]
    lengths = [block["vocals"].shape[1] for block in engine(server).separate(noise())]
    assert lengths.count(0) >= 9
    assert sum(lengths) == 30_000


@pytest.mark.usefixtures("unguarded")
def test_the_song_is_deleted_there_afterwards(server: Replicate) -> None:
    separated(engine(server), noise())
    assert server.asked()[0] == "POST /files"
    assert server.asked()[-1] == "DELETE /files/cneqzikepnug6xezperrr4z55o"


def test_who_stops_listening_cancels_the_prediction(server: Replicate) -> None:
    server.statuses = ["processing"]
    blocks = engine(server).separate(noise())
    for _ in range(4):
        assert next(blocks)["vocals"].shape == (2, 0)
    blocks.close()  # type: ignore[attr-defined] # it is a generator
    assert server.asked()[-2:] == [
        "POST /predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel",
        "DELETE /files/cneqzikepnug6xezperrr4z55o",
    ]


@pytest.mark.usefixtures("unguarded")
def test_what_ended_is_not_cancelled(server: Replicate) -> None:
    separated(engine(server), noise())
    assert not any("cancel" in asked for asked in server.asked())


def test_a_prediction_that_takes_too_long_is_given_up(server: Replicate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicate_api, "_PATIENCE_S", 0.0)
    server.statuses = ["processing"]
    with pytest.raises(Refused, match="0 minutes"):
        separated(engine(server), noise())
    assert any("cancel" in asked for asked in server.asked())


@pytest.mark.parametrize(
    ("step", "status", "kind", "said"),
    [
        ("POST /files", 401, Refused, "SEGUE_REPLICATE_TOKEN"),
        ("POST /files", 413, Refused, "this size"),
        ("POST /predictions", 402, Refused, "billing"),
        ("POST /predictions", 403, Refused, "does not allow"),
        ("POST /predictions", 404, Refused, "SEGUE_REPLICATE_DEMUCS"),
        ("POST /predictions", 422, Refused, "told to say 422"),
        ("POST /predictions", 500, Unavailable, "Try again later"),
        ("POST /predictions", 429, RateLimited, "too many requests"),
        ("GET /predictions", 502, Unavailable, "Try again later"),
        ("GET /output", 404, Refused, "told to say 404"),
    ],
)
def test_what_replicate_refuses_is_said(
    server: Replicate, step: str, status: int, kind: type[SegueError], said: str
) -> None:
    server.failures = {step: [(status, {})] * 9}
    with pytest.raises(kind, match=said):
        separated(engine(server), noise())


def test_a_wrong_token_is_said_and_not_shown(server: Replicate) -> None:
    with pytest.raises(Refused, match="does not know this token") as refusal:
        separated(engine(server, token="r8_wrong"), noise())
    assert "r8_wrong" not in str(refusal.value)
    assert "r8_wrong" not in repr(account(server, token="r8_wrong"))


@pytest.mark.usefixtures("unguarded")
def test_a_busy_replicate_is_asked_again_as_late_as_it_says(server: Replicate, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(replicate_api.time, "sleep", pauses.append)
    server.failures = {
        "POST /predictions": [(429, {"Retry-After": "7"})],
        "GET /predictions": [(500, {}), (503, {"Retry-After": "11"})],
    }
    assert_keeps_its_promises(engine(server), noise())
    assert [pause for pause in pauses if pause >= 1] == [7, 11]


def test_who_must_wait_long_is_told_how_long(server: Replicate) -> None:
    server.failures = {"POST /predictions": [(429, {"Retry-After": "300"})]}
    with pytest.raises(RateLimited) as limited:
        separated(engine(server), noise())
    assert limited.value.headers["Retry-After"] == "300"


def test_a_prediction_is_not_paid_for_twice(server: Replicate) -> None:
    server.failures = {"POST /predictions": [(503, {})]}
    with pytest.raises(Unavailable):
        separated(engine(server), noise())
    assert server.asked().count("POST /predictions") == 1


@pytest.mark.parametrize(("status", "error"), [("failed", "CUDA out of memory"), ("aborted", None), ("canceled", None)])
def test_a_prediction_that_came_to_nothing_is_said(server: Replicate, status: str, error: str | None) -> None:
    server.statuses, server.error = ["starting", status], error
    with pytest.raises(Refused, match=f"{status}: {error or 'no reason'}"):
        separated(engine(server), noise())


@pytest.mark.parametrize("output", ["https://replicate.delivery/stems.zip", ["a"], {"vocals": "x", "drums": None}])
def test_a_model_that_gives_no_stems_is_said(server: Replicate, output: Any) -> None:
    server.outputs = output
    with pytest.raises(Refused, match="gave no vocals, drums, bass"):
        separated(engine(server), noise())


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/vocals.flac",
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/vocals.flac",
        "https://replicate.delivery.evil.example/vocals.flac",
        "http://replicate.delivery/vocals.flac",
        "file:///etc/passwd",
    ],
)
def test_results_are_fetched_from_nowhere_else(server: Replicate, url: str) -> None:
    server.outputs = dict.fromkeys(("vocals", "drums", "bass"), url)
    with pytest.raises(Refused, match="SEGUE_REPLICATE_HOSTS"):
        separated(engine(server), noise())


def test_an_allowed_host_at_a_private_address_is_not_asked(server: Replicate) -> None:
    server.outputs = dict.fromkeys(("vocals", "drums", "bass"), "https://localhost/vocals.flac")
    with pytest.raises(Refused, match="private address"):
        separated(engine(server, hosts=("localhost",)), noise())


def test_a_result_does_not_lead_elsewhere(server: Replicate) -> None:
    server.results = {"vocals.flac": (302, {"Location": "http://169.254.169.254/"}, b"")}
    with pytest.raises(Refused, match="SEGUE_REPLICATE_HOSTS"):
        separated(engine(server), noise())


def test_a_result_does_not_lead_on_for_ever(server: Replicate) -> None:
    server.results = {"vocals.flac": (307, {"Location": "/output/vocals.flac"}, b"")}
    with pytest.raises(Refused, match="leads on and on"):
        separated(engine(server), noise())


def test_a_result_that_is_too_large_for_a_stem_is_refused(server: Replicate) -> None:
    server.results = {"vocals.flac": (200, {}, bytes(3_000_000))}
    with pytest.raises(TooLarge, match="cannot be what it said"):
        separated(engine(server), noise())


def test_a_result_that_is_no_audio_is_refused(server: Replicate) -> None:
    server.results = {"vocals.flac": (200, {}, b"<html>not a song</html>")}
    with pytest.raises(InvalidAudio):
        separated(engine(server), noise())


def test_a_result_of_another_length_is_refused(server: Replicate) -> None:
    server.results = {"vocals.flac": (200, {}, flac(np.zeros((30_000, 2), dtype=np.float32)))}
    with pytest.raises(Refused, match=r"lasts 0\.7 s"):
        separated(engine(server), noise(length=90_000))


def test_a_replicate_that_is_not_there_is_said(server: Replicate) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        separated(engine(server, url="http://127.0.0.1:9/v1"), noise())


def test_an_id_that_would_change_the_path_is_refused(server: Replicate, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = server.prediction
    monkeypatch.setattr(server, "prediction", lambda: {**genuine(), "id": "../account"})
    with pytest.raises(Unavailable, match="does not describe"):
        separated(engine(server), noise())


def test_more_than_two_channels_are_refused(server: Replicate) -> None:
    with pytest.raises(InvalidAudio, match="mono or stereo"):
        next(engine(server).separate(noise(6)))


def test_it_is_chosen_and_described_by_its_settings(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="SEGUE_REPLICATE_TOKEN"):
        choose_separator("replicate", tmp_path, threads=1)
    optional = optional_engines(Settings(_env_file=None, replicate_token="r8_token"))
    assert choose_separator("replicate", tmp_path, threads=1, optional=optional).version == MODEL
    assert "r8_token" not in repr(optional)
    described = {entry.name: entry for entry in describe_separators(tmp_path, optional)}
    assert described["replicate"].available
    assert not {entry.name: entry for entry in describe_separators(tmp_path, OptionalEngines())}["replicate"].available


@pytest.mark.usefixtures("unguarded")
def test_the_conversation_is_what_replicates_own_description_allows(server: Replicate) -> None:
    specification = _specification()
    separated(engine(server), noise())
    blocks = engine(server).separate(noise())
    server.statuses = ["processing"]
    for _ in range(4):
        next(blocks)
    blocks.close()  # type: ignore[attr-defined] # it is a generator
    seen = {_check(specification, exchange) for exchange in server.exchanges if not exchange.path.startswith("/output")}
    assert seen == {"files.create", "files.delete", "predictions.create", "predictions.get", "predictions.cancel"}


def _specification() -> dict[str, Any]:
    import json

    specification: dict[str, Any] = json.loads(data_path("specs/replicate/openapi.json").read_text())
    return specification


def _check(specification: dict[str, Any], exchange: Any) -> str:
    """Hold a request and its answer against the description; return the operation's name."""
    operation = _operation(specification, exchange.method, exchange.path)
    answer = operation["responses"][str(exchange.status)]
    if "content" in answer:
        _valid(specification, answer["content"]["application/json"]["schema"], exchange.answer)
    content = operation.get("requestBody", {}).get("content", {})
    sent = exchange.headers.get("Content-Type", "").partition(";")[0]
    assert bool(content) == bool(sent)
    if content:
        assert sent in content
    if sent == "application/json":
        _valid(specification, content[sent]["schema"], exchange.body)
    for parameter in operation.get("parameters", []):
        told = _resolved(specification, parameter)
        if told["in"] == "header" and told["name"] in exchange.headers:
            _valid(specification, told["schema"], exchange.headers[told["name"]])
    name: str = operation["operationId"]
    return name


def _operation(specification: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    for template, operations in specification["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path) and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise AssertionError(f"there is no {method} {path}")


def _resolved(specification: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    for part in entry.get("$ref", "").removeprefix("#/").split("/") if "$ref" in entry else ():
        specification = specification[part]
    return specification if "$ref" in entry else entry


def _valid(specification: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    OAS30Validator({**_resolved(specification, schema), "components": specification["components"]}).validate(value)
