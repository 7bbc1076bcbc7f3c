"""Composed songs have words: every line has its notes, what returns has the same words, and it is heard in the mix."""

from pathlib import Path

import numpy as np
import pytest

from segue.audio.files import decode
from segue.engines.generation import GenerationRequest
from segue.engines.generation.choose import choose_generator
from segue.engines.generation.options import GeneratorChoice
from segue.engines.generation.singing import Chorister, stanzas_of
from segue.engines.singing.hibari import HibariSinger
from segue.engines.writing.offline import OfflineWriter
from segue.music.composing import compose
from segue.music.wishes import Wishes

WISHES = Wishes(styles={"pop": 1.0}, vocals=True)


def request(**how: object) -> GenerationRequest:
    told: dict[str, object] = {"mode": "new", "seed": 3, "duration_s": 40.0, "wishes": WISHES, **how}
    return GenerationRequest(**told)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chorister() -> Chorister:
    return Chorister(HibariSinger(), OfflineWriter())


@pytest.mark.parametrize("style", ["pop", "ballad", "rock", "synthwave"])
def test_every_sung_note_is_in_one_line_and_no_line_is_too_long(style: str) -> None:
    score = compose(5, Wishes(styles={style: 1.0}, duration_s=60.0, vocals=True))  # type: ignore[dict-item]
    voice = next(part for part in score.parts if part.name == "voice")
    stanzas = stanzas_of(score, voice)
    notes = [note for stanza in stanzas for line in stanza.lines for note in line]
    assert len(notes) == len(voice.notes)
    assert notes == sorted(notes, key=lambda note: note.start)
    assert max(len(line) for stanza in stanzas for line in stanza.lines) <= 14


def test_words_are_given_or_written_and_lie_where_they_are_sung(chorister: Chorister) -> None:
    score = compose(3, Wishes(styles={"pop": 1.0}, duration_s=40.0, vocals=True))
    written = chorister.sing(score, request(), sample_rate=16_000)
    assert written is not None
    given = chorister.sing(score, request(lyrics=("Home again", "Far away")), sample_rate=16_000)
    assert given is not None
    assert [line["text"] for line in given.lines[:3]] == ["Home again", "Far away", "Home again"]
    assert len(written.lines) == len(given.lines)
    for line in written.lines:
        inside = written.sound[round(line["start_s"] * 16_000) : round(line["end_s"] * 16_000)]
        assert np.abs(inside).max() > 0.02
    before = written.sound[: round((written.lines[0]["start_s"] - 0.5) * 16_000)]
    assert not before.size or np.abs(before).max() < 0.01


def test_nobody_sings_where_nobody_shall(chorister: Chorister) -> None:
    score = compose(3, Wishes(styles={"techno": 1.0}, duration_s=20.0, vocals=False))
    assert chorister.sing(score, request(), sample_rate=16_000) is None


@pytest.mark.slow
def test_a_song_is_made_with_words(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("sung", "vowels")}
    made = {}
    for name, folder in folders.items():
        folder.mkdir()
        engine = choose_generator(GeneratorChoice("composer", tmp_path, singing=name == "sung"), threads=2)
        made[name] = engine.generate(request(), folder)
    assert made["sung"].project["lyrics"]
    assert made["vowels"].project["lyrics"] == []
    assert "hibari" in str(made["sung"].provenance["voice"])
    voices = {name: decode(one.stems["vocals"]).audio for name, one in made.items()}
    assert np.abs(voices["sung"].samples).max() > 0.05
    assert not np.array_equal(voices["sung"].samples, voices["vowels"].samples)
