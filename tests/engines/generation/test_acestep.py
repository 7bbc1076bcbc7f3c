"""Music by a server of ACE-Step: asked in its own words, believed in nothing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segue.audio.analysis import Key
from segue.audio.files import decode, encode
from segue.audio.signal import Audio
from segue.engines.generation import GenerationRequest, acestep
from segue.engines.generation.acestep import AceStepEngine
from segue.engines.generation.choose import choose_generator, describe_generators
from segue.engines.generation.options import AceStepServer, GeneratorChoice, generator_choice
from segue.engines.hosted.results import Refused
from segue.engines.writing.offline import OfflineWriter
from segue.kit.errors import InvalidRequest, RateLimited, SegueError, TooLarge, Unavailable
from segue.kit.settings import Settings
from segue.music.wishes import Wishes
from tests.engines.generation.acestep_server import AceStep, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AceStep]:
    monkeypatch.setattr(acestep, "_FIRST_PAUSE_S", 0.001)
    with serving(AceStep()) as served:
        yield served


def engine(server: AceStep, token: str = "", model: str = "") -> AceStepEngine:
    return AceStepEngine(AceStepServer(server.url, token, model), OfflineWriter())


def asked(**how: object) -> GenerationRequest:
    told: dict[str, object] = {"mode": "new", "seed": 5, "duration_s": 12.0, "description": "calm piano", **how}
    return GenerationRequest(**told)  # type: ignore[arg-type]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).standard_normal((2, 11 * 48_000))
    encode(Audio((0.1 * noise).astype(np.float32), 48_000), tmp_path / "song.flac")
    return tmp_path / "song.flac"


def test_wishes_are_told_in_its_words(server: AceStep, tmp_path: Path) -> None:
    wishes = Wishes(tempo_bpm=92.4, key=Key(9, "minor"), beats_per_bar=3)
    lyrics = ("[Verse]", "Home again")
    found = engine(server, model="acestep-v15-turbo").generate(asked(wishes=wishes, lyrics=lyrics), tmp_path)
    assert server.asked == {
        "prompt": "calm piano",
        "lyrics": "[Verse]\nHome again",
        "audio_duration": 12.0,
        "audio_format": "flac",
        "batch_size": 1,
        "use_random_seed": False,
        "seed": 5,
        "thinking": True,
        "model": "acestep-v15-turbo",
        "bpm": 92,
        "key_scale": "A Minor",
        "time_signature": "3",
    }
    assert decode(found.mix).audio.duration_s == pytest.approx(12.0, abs=0.02)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mix.flac"]


def test_words_are_written_where_somebody_shall_sing(server: AceStep, tmp_path: Path) -> None:
    engine(server).generate(asked(wishes=Wishes(vocals=True)), tmp_path)
    lines = server.asked["lyrics"].split("\n")
    assert lines[0] == "[Verse]"
    assert lines.count("[Chorus]") == 2
    assert len(lines) == 20


def test_a_song_is_painted_on_from_its_end(server: AceStep, tmp_path: Path, song: Path) -> None:
    found = engine(server).generate(asked(mode="extend", source=song, duration_s=20.0), tmp_path)
    assert server.asked["task_type"] == "repaint"
    assert (server.asked["repainting_start"], server.asked["repainting_end"]) == ("10.5", "20.0")
    assert decode(found.mix).audio.duration_s == pytest.approx(20.0, abs=0.02)
    with pytest.raises(InvalidRequest, match="11 s already"):
        engine(server).generate(asked(mode="extend", source=song, duration_s=11.0), tmp_path)


def test_a_song_is_sent_to_sound_like_it(server: AceStep, tmp_path: Path, song: Path) -> None:
    engine(server).generate(asked(mode="similar", source=song), tmp_path)
    assert server.uploads["reference_audio"] == song.read_bytes()
    assert server.asked["use_random_seed"] == "false"


def test_waiting_is_seen_and_may_be_left(server: AceStep, tmp_path: Path) -> None:
    server.states = [0]
    shares: list[float] = []

    def leave(share: float) -> None:
        shares.append(share)
        if len(shares) == 4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        engine(server).generate(asked(), tmp_path, progress=leave)
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ({"key": "other"}, Refused, "SEGUE_ACESTEP_TOKEN"),
        ({"status": 429}, RateLimited, "too much to do"),
        ({"status": 503}, Unavailable, "Try again later"),
        ({"status": 400}, Refused, "told to"),
        ({"error": "out of memory"}, Refused, "out of memory"),
        ({"states": [2]}, Refused, "failed"),
        ({"file": "http://169.254.169.254/latest"}, Refused, "not fetched"),
        ({"file": "/\x00song"}, Refused, "no address"),
        ({"file": "/v1/audio?path=%2Fetc%2Fpasswd"}, Refused, "404"),
        ({"seconds": 5.0}, Refused, "made 5.0 s"),
    ],
)
def test_what_goes_wrong_is_said(
    server: AceStep, tmp_path: Path, how: dict[str, object], kind: type[SegueError], said: str
) -> None:
    for name, value in how.items():
        setattr(server, name, value)
    with pytest.raises(kind, match=said):
        engine(server).generate(asked(), tmp_path)


def test_a_song_that_is_far_too_large_is_not_taken(server: AceStep, tmp_path: Path) -> None:
    server.seconds = 120.0
    with pytest.raises(TooLarge):
        engine(server).generate(asked(duration_s=10.0), tmp_path)


@pytest.mark.parametrize("seconds", [5.0, 700.0])
def test_only_what_it_can_make_is_asked_for(server: AceStep, tmp_path: Path, seconds: float) -> None:
    with pytest.raises(InvalidRequest, match="10 to 600"):
        engine(server).generate(asked(duration_s=seconds), tmp_path)
    assert server.paths == []


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        AceStepEngine(AceStepServer("http://127.0.0.1:9"), OfflineWriter()).generate(asked(), tmp_path)


def test_it_is_chosen_and_described_by_its_settings(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        acestep_url="http://127.0.0.1:8001",
        acestep_token="secret",
        generation_engine="acestep",
        models_dir=tmp_path,
    )
    choice = generator_choice(settings)
    assert choose_generator(choice, threads=1).name == "acestep"
    assert "secret" not in repr(choice)
    assert {entry.name: entry for entry in describe_generators(choice)}["acestep"].available
    with pytest.raises(Unavailable, match="SEGUE_ACESTEP_URL"):
        choose_generator(GeneratorChoice("acestep", tmp_path), threads=1)
