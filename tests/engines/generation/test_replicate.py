"""Music by a hosted MusicGen: made in windows, trusted in nothing, paid for once."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from segue.audio.files import decode, encode
from segue.audio.signal import Audio
from segue.engines.generation import GenerationRequest
from segue.engines.generation.choose import choose_generator, describe_generators
from segue.engines.generation.options import GeneratorChoice, generator_choice
from segue.engines.generation.replicate import ReplicateGenerator
from segue.engines.hosted import replicate as replicate_api
from segue.engines.hosted.replicate import ReplicateAccount
from segue.engines.hosted.results import Refused
from segue.kit.errors import InvalidRequest, Unavailable
from segue.kit.settings import Settings
from tests.engines.hosted.replicate_server import Replicate, serving

MODEL = "meta/musicgen:671ac645ce5e552cc63a54a2bbff63fcf798043055d2dac5fc9e36a837eedcfb"


def musicgen(inputs: dict[str, Any], uploaded: bytes) -> bytes:
    """Make what the hosted model makes: noise of its seed, after what it was given to go on from."""
    random = np.random.default_rng(inputs["seed"])
    sound = 0.1 * random.standard_normal((inputs["duration"] * 32_000, 2))
    if inputs.get("continuation"):
        before, _ = soundfile.read(io.BytesIO(uploaded), always_2d=True)
        sound[: len(before)] = before
    file = io.BytesIO()
    soundfile.write(file, sound, 32_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replicate]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for pause in ("_FIRST_PAUSE_S", "_FIRST_LOOK_S", "_LONGEST_LOOK_S"):
        monkeypatch.setattr(replicate_api, pause, 0.001)
    with serving(Replicate(make=musicgen)) as served:
        yield served
    assert list(folder.iterdir()) == []


def engine(server: Replicate) -> ReplicateGenerator:
    account = ReplicateAccount(
        "r8_token", f"{server.url}/v1", MODEL, "SEGUE_REPLICATE_MUSICGEN", ("replicate.delivery",)
    )
    return ReplicateGenerator(account)


def asked(**how: object) -> GenerationRequest:
    told: dict[str, object] = {"mode": "new", "seed": 5, "duration_s": 45.0, "description": "calm piano", **how}
    return GenerationRequest(**told)  # type: ignore[arg-type]


def inputs(server: Replicate) -> list[dict[str, Any]]:
    return [told.body["input"] for told in server.exchanges if (told.method, told.path) == ("POST", "/predictions")]


@pytest.mark.slow
def test_a_long_track_is_made_of_windows_that_go_on(server: Replicate, tmp_path: Path) -> None:
    found = engine(server).generate(asked(), tmp_path)
    assert decode(found.mix).audio.duration_s == pytest.approx(45.0, abs=0.02)
    first, second = inputs(server)
    assert (first["prompt"], first["duration"], first["seed"]) == ("calm piano", 30, 5)
    assert "continuation" not in first
    assert (second["continuation"], second["duration"], second["seed"]) == (True, 25, 6)
    assert server.asked()[-1].startswith("DELETE /files/")
    assert found.provenance["version"].startswith(MODEL)


def test_extending_sends_the_end_of_the_song_only(server: Replicate, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal((2, 20 * 16_000))
    song = tmp_path / "song.flac"
    encode(Audio((0.1 * noise).astype(np.float32), 16_000), song)
    found = engine(server).generate(asked(mode="extend", source=song, duration_s=32.0), tmp_path)
    assert decode(found.mix).audio.duration_s == pytest.approx(32.0, abs=0.02)
    sent, rate = soundfile.read(io.BytesIO(server.uploaded), always_2d=True)
    assert len(sent) / rate == pytest.approx(10.0, abs=0.01)
    with pytest.raises(InvalidRequest, match="20 s already"):
        engine(server).generate(asked(mode="extend", source=song, duration_s=20.0), tmp_path)


def test_who_stops_waiting_cancels_the_prediction(server: Replicate, tmp_path: Path) -> None:
    server.statuses = ["processing"]

    def leave(share: float) -> None:
        if len(server.exchanges) > 3:
            raise InterruptedError(share)

    with pytest.raises(InterruptedError):
        engine(server).generate(asked(), tmp_path, progress=leave)
    assert any(told.endswith("/cancel") for told in server.asked())


@pytest.mark.parametrize(
    ("step", "status", "said"),
    [
        ("POST /predictions", 402, "billing"),
        ("POST /predictions", 404, "SEGUE_REPLICATE_MUSICGEN"),
        ("GET /output", 404, "told to say 404"),
    ],
)
def test_what_replicate_refuses_is_said(server: Replicate, tmp_path: Path, step: str, status: int, said: str) -> None:
    server.failures = {step: [(status, {})] * 9}
    with pytest.raises(Refused, match=said):
        engine(server).generate(asked(), tmp_path)


@pytest.mark.parametrize("seconds", [1, 25])
def test_a_model_that_makes_too_little_is_refused(server: Replicate, tmp_path: Path, seconds: int) -> None:
    server.make = lambda inputs, uploaded: musicgen({**inputs, "duration": seconds}, uploaded)
    with pytest.raises(Refused, match=f"made {seconds}"):
        engine(server).generate(asked(), tmp_path)


def test_a_model_that_gives_no_sound_is_said(server: Replicate, tmp_path: Path) -> None:
    server.make, server.outputs = None, {"audio": "x"}
    with pytest.raises(Refused, match="gave no sound"):
        engine(server).generate(asked(), tmp_path)


def test_it_is_chosen_and_described_by_its_settings(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, replicate_token="r8_token", generation_engine="replicate", models_dir=tmp_path)
    choice = generator_choice(settings)
    assert choose_generator(choice, threads=1).version.startswith(MODEL)
    assert "r8_token" not in repr(choice)
    assert {entry.name: entry for entry in describe_generators(choice)}["replicate"].available
    with pytest.raises(Unavailable, match="SEGUE_REPLICATE_TOKEN"):
        choose_generator(GeneratorChoice("replicate", tmp_path), threads=1)
