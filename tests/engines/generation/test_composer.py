"""The offline composer: files that hold what they promise, a beginning that is the track's, the same bytes again."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import decode, probe
from segue.audio.loudness import measure_loudness
from segue.audio.signal import FloatArray
from segue.engines.generation import BEGINNING, Generation, GenerationMode, GenerationRequest, composer
from segue.engines.generation.composer import SAMPLE_RATE, ComposerEngine, installed_soundfont
from segue.kit.errors import InvalidRequest
from segue.music.composing import compose
from segue.music.producing import produce
from segue.music.production import plan_production
from segue.music.wishes import Wishes

_WISHES = Wishes(styles={"house": 1.0}, energy=0.7, band=4)
_SONG_S = 12.0
_BEGINNING_S = 7.0


def _request(
    duration_s: float = _SONG_S, *, seed: int = 8, mode: GenerationMode = "new", wishes: Wishes = _WISHES
) -> GenerationRequest:
    return GenerationRequest(mode, seed, duration_s, wishes, title="Undertow", artist="Quiet Harbour")


def _generate(folder: Path, request: GenerationRequest) -> Generation:
    folder.mkdir()
    return ComposerEngine().generate(request, folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composer, "_BEGINNING_S", _BEGINNING_S)
        return _generate(tmp_path_factory.mktemp("made") / "song", _request())


def _heard(path: Path) -> FloatArray:
    return decode(path).audio.samples


def test_the_file_of_the_mix_is_mastered(made: Generation) -> None:
    audio = decode(made.mix).audio
    loudness = measure_loudness(audio)
    assert loudness.integrated_lufs == pytest.approx(-14.0, abs=0.2)
    assert loudness.true_peak_dbtp <= -1.0
    assert np.abs(audio.samples.mean(axis=1)).max() < 1e-4
    assert audio.duration_s == pytest.approx(_SONG_S, abs=5.0)
    heard = probe(made.mix)
    assert (heard.title, heard.artist, heard.container, heard.channels) == ("Undertow", "Quiet Harbour", "flac", 2)


def test_the_files_of_the_stems_sum_to_what_was_mastered(made: Generation) -> None:
    score = compose(8, Wishes(**{**made.provenance["wishes"], "duration_s": _SONG_S}))
    premaster = produce(score, plan_production(score), sample_rate=SAMPLE_RATE).premaster.samples
    total = sum(_heard(path).astype(np.float64) for path in made.stems.values())
    assert set(made.stems) == {"vocals", "drums", "bass", "other"}
    np.testing.assert_allclose(total, premaster, atol=4 * 2.0**-23)


def test_the_beginning_is_the_mixs_beginning_at_its_level_and_to_the_sample(made: Generation) -> None:
    beginning, mix = _heard(made.mix.parent / BEGINNING), _heard(made.mix)
    assert beginning.shape[1] == pytest.approx(_BEGINNING_S * SAMPLE_RATE, abs=2)
    part = slice(SAMPLE_RATE, 6 * SAMPLE_RATE)
    one, whole = beginning[0, part], mix[0, part]
    assert 20 * np.log10(np.std(one) / np.std(whole)) == pytest.approx(0.0, abs=0.3)
    agreeing = [np.corrcoef(np.roll(one, lag), whole)[0, 1] for lag in (-1, 0, 1)]
    assert agreeing[1] > 0.995
    assert int(np.argmax(agreeing)) == 1


def test_the_score_and_the_project_tell_what_was_made(made: Generation) -> None:
    assert made.midi is not None
    assert made.midi.read_bytes()[:4] == b"MThd"
    assert made.project["styles"] == {"house": 1.0}
    assert {"tempo_bpm", "key", "time_signature", "sections", "chords", "parts"} <= set(made.project)
    assert made.provenance["engine"] == "composer"
    assert made.provenance["seed"] == 8


def test_the_beginning_appears_whole_before_the_mix_and_a_voice_sings_if_it_is_wished(tmp_path: Path) -> None:
    seen: list[tuple[float, bool, bool]] = []

    def look(done: float) -> None:
        seen.append((done, (tmp_path / BEGINNING).exists(), (tmp_path / "mix.flac").exists()))

    asked = _request(10.0, wishes=Wishes(styles={"pop": 1.0}, vocals=True))
    sung = ComposerEngine().generate(asked, tmp_path, progress=look)
    shares = [done for done, _, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert any(beginning and not mix for _, beginning, mix in seen)
    assert _heard(sung.stems["vocals"]).any()


def test_nobody_sings_unless_it_is_wished(made: Generation) -> None:
    assert not _heard(made.stems["vocals"]).any()


def test_the_same_request_makes_the_same_bytes(made: Generation, tmp_path: Path) -> None:
    again = _generate(tmp_path / "again", _request())
    assert again.mix.read_bytes() == made.mix.read_bytes()
    assert all(again.stems[name].read_bytes() == made.stems[name].read_bytes() for name in made.stems)
    assert again.project == made.project
    assert again.provenance == made.provenance


def test_work_that_is_called_off_stops_and_leaves_no_mix(tmp_path: Path) -> None:
    def call_off(done: float) -> None:
        if done > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ComposerEngine().generate(_request(), tmp_path, progress=call_off)
    assert not (tmp_path / "mix.flac").exists()


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (_request(mode="extend"), "new songs"),
        (_request(5.0), "seconds"),
        (_request(20_000.0), "seconds"),
        (_request(wishes=Wishes(tempo_bpm=1000.0)), "tempo_bpm"),
    ],
)
def test_what_cannot_be_composed_is_refused(request_: GenerationRequest, what: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=what):
        ComposerEngine().generate(request_, tmp_path)


def test_without_an_installed_soundfont_there_is_none(tmp_path: Path) -> None:
    assert installed_soundfont(tmp_path) is None


@pytest.mark.slow
def test_the_beginning_of_a_long_song_comes_long_before_the_rest(tmp_path: Path) -> None:
    begun: list[float] = []

    def look(done: float) -> None:
        if not begun and (tmp_path / BEGINNING).exists():
            begun.append(done)
            (tmp_path / "heard.mp3").write_bytes((tmp_path / BEGINNING).read_bytes())

    made = ComposerEngine().generate(_request(90.0, wishes=Wishes(styles={"pop": 1.0})), tmp_path, progress=look)
    assert begun[0] < 0.2
    beginning, mix = _heard(tmp_path / "heard.mp3"), _heard(made.mix)
    part = slice(SAMPLE_RATE, 20 * SAMPLE_RATE)
    assert np.corrcoef(beginning[0, part], mix[0, part])[0, 1] > 0.98
    assert 20 * np.log10(np.std(beginning[:, part]) / np.std(mix[:, part])) == pytest.approx(0.0, abs=1.5)
