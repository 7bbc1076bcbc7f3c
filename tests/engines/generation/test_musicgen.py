"""MusicGen, of small random weights: tracks of any length, alone or together, from words or from a song."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import decode, encode
from segue.audio.loudness import measure_loudness
from segue.audio.signal import Audio
from segue.engines.generation import Generation, GenerationRequest
from segue.engines.generation import windows as windows_module
from segue.engines.generation.choose import choose_generator, describe_generators
from segue.engines.generation.musicgen import MusicgenEngine
from segue.engines.generation.options import GeneratorChoice, MusicgenOptions, OptionalGenerators
from segue.kit.errors import InvalidRequest, Unavailable
from tests.engines.generation.tiny_musicgen import make_tiny_musicgen

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_musicgen(folder / "musicgen-small")
    make_tiny_musicgen(folder / "musicgen-stereo-small", stereo=True)
    make_tiny_musicgen(folder / "musicgen-melody", melody=True)
    return folder


def engine(models_dir: Path, model: str = "musicgen-small") -> MusicgenEngine:
    return MusicgenEngine(models_dir, model, device="cpu", threads=1)


def asked(**how: object) -> GenerationRequest:
    told: dict[str, object] = {"mode": "new", "seed": 7, "duration_s": 12.0, "description": "calm piano", **how}
    return GenerationRequest(**told)  # type: ignore[arg-type]


def made(found: Generation | Exception) -> Generation:
    assert isinstance(found, Generation)
    return found


def sound(found: Generation) -> Audio:
    return decode(found.mix).audio


@pytest.fixture
def song(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).standard_normal((2, 14 * 8_000))
    encode(Audio((0.1 * noise).astype(np.float32), 8_000), tmp_path / "song.flac")
    return tmp_path / "song.flac"


@pytest.mark.parametrize("model", ["musicgen-small", "musicgen-stereo-small", "musicgen-melody"])
def test_a_track_is_as_long_and_as_loud_as_it_shall_be(models_dir: Path, tmp_path: Path, model: str) -> None:
    shares: list[float] = []
    found = engine(models_dir, model).generate(asked(duration_s=35.0), tmp_path, progress=shares.append)
    track = sound(found)
    assert (track.channels, track.sample_rate) == (2, 44_100)
    assert track.duration_s == pytest.approx(35.0, abs=0.01)
    heard = measure_loudness(track)
    assert heard.integrated_lufs == pytest.approx(-14.0, abs=0.3)
    assert heard.true_peak_dbtp <= -0.9
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.provenance["engine"] == "musicgen"


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(models_dir: Path, tmp_path: Path) -> None:
    files = []
    for number, seed in enumerate((7, 7, 8)):
        folder = tmp_path / str(number)
        folder.mkdir()
        files.append(engine(models_dir).generate(asked(seed=seed), folder).mix.read_bytes())
    assert files[0] == files[1] != files[2]


def test_a_track_does_not_depend_on_what_is_made_beside_it(models_dir: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("alone", "beside", "other")]
    for folder in folders:
        folder.mkdir()
    alone = sound(engine(models_dir).generate(asked(duration_s=34.0), folders[0]))
    wanted = (asked(duration_s=34.0), asked(duration_s=11.0, seed=9, description="techno"))
    both = engine(models_dir).generate_many(
        [(request, folder, lambda _: None) for request, folder in zip(wanted, folders[1:], strict=True)]
    )
    beside, other = (sound(made(found)) for found in both)
    assert np.abs(alone.samples - beside.samples).max() < 1e-3
    assert other.duration_s == pytest.approx(11.0, abs=0.01)


def test_extending_keeps_the_song_and_goes_on_at_its_level(models_dir: Path, tmp_path: Path, song: Path) -> None:
    found = engine(models_dir).generate(asked(mode="extend", source=song, duration_s=40.0), tmp_path)
    track, source = sound(found), decode(song, sample_rate=44_100, channels=2).audio
    assert track.duration_s == pytest.approx(40.0, abs=0.02)
    kept = source.length - 44_100
    together = np.corrcoef(track.samples[0, :kept], source.samples[0, :kept])[0, 1]
    assert together > 0.9
    seam = slice(source.length - 22_050, source.length + 22_050)
    before = slice(source.length - 5 * 44_100, source.length - 44_100)
    assert np.abs(np.diff(track.samples[:, seam])).max() < 4 * np.abs(np.diff(track.samples[:, before])).max()


def test_a_song_that_is_long_enough_is_not_extended(models_dir: Path, tmp_path: Path, song: Path) -> None:
    with pytest.raises(InvalidRequest, match="14 s already"):
        engine(models_dir).generate(asked(mode="extend", source=song, duration_s=12.0), tmp_path)


def test_a_melody_is_followed_by_the_model_that_can(models_dir: Path, tmp_path: Path, song: Path) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    melody = engine(models_dir, "musicgen-melody")
    followed = melody.generate(asked(mode="similar", source=song), tmp_path / "with")
    free = melody.generate(asked(mode="similar"), tmp_path / "without")
    assert followed.mix.read_bytes() != free.mix.read_bytes()


def test_who_stops_waiting_stops_the_work_and_leaves_the_others(models_dir: Path, tmp_path: Path) -> None:
    steps = 0

    def leave(_: float) -> None:
        nonlocal steps
        steps += 1
        if steps > 50:
            raise InterruptedError

    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    left, stayed = engine(models_dir).generate_many(
        [(asked(), folders[0], leave), (asked(seed=3), folders[1], lambda _: None)]
    )
    assert isinstance(left, InterruptedError)
    assert sound(made(stayed)).duration_s == pytest.approx(12.0, abs=0.01)
    assert steps == 51
    with pytest.raises(InterruptedError):
        engine(models_dir).generate(asked(duration_s=600.0), folders[0], progress=leave)
    assert steps == 52


def test_what_has_no_room_together_is_made_by_halves(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    musicgen = engine(models_dir)
    genuine, sizes = musicgen._model.go_on, []

    def cramped(words: list[str], *rest: object, **how: object) -> object:
        sizes.append(len(words))
        if len(words) > 1:
            raise windows_module.NoRoom
        return genuine(words, *rest, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(musicgen._model, "go_on", cramped)
    orders = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        orders.append((asked(seed=number), tmp_path / str(number), lambda _: None))
    assert all(isinstance(found, Generation) for found in musicgen.generate_many(orders))
    assert sizes[:2] == [3, 1]


def test_a_machine_without_room_or_gpu_is_told_what_to_do(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    musicgen = MusicgenEngine(models_dir, "musicgen-small", device="cuda", threads=1)
    with pytest.raises(Unavailable, match="SEGUE_MUSICGEN_DEVICE=cpu"):
        musicgen.generate(asked(), tmp_path)
    monkeypatch.setattr("segue.engines.generation.musicgen._PER_TRACK_BYTES", 1 << 50)
    with pytest.raises(Unavailable, match="SEGUE_MUSICGEN_MODEL"):
        engine(models_dir).generate(asked(), tmp_path)


def test_it_is_chosen_and_described_by_its_settings(models_dir: Path, tmp_path: Path) -> None:
    wanted = OptionalGenerators(musicgen=MusicgenOptions("musicgen-stereo-small", "cpu", 2))
    choice = GeneratorChoice("musicgen", models_dir, wanted)
    assert choose_generator(choice, threads=1).version.startswith("musicgen-stereo-small-")
    described = {entry.name: entry for entry in describe_generators(choice)}
    assert described["musicgen"].available
    elsewhere = GeneratorChoice("musicgen", tmp_path, wanted)
    with pytest.raises(Unavailable, match="hf download facebook/musicgen-stereo-small"):
        choose_generator(elsewhere, threads=1)
    with pytest.raises(InvalidRequest, match="musicgen-large"):
        choose_generator(
            GeneratorChoice("musicgen", models_dir, OptionalGenerators(musicgen=MusicgenOptions("huge"))), threads=1
        )
