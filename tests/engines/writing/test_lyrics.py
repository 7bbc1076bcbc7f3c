"""Lyrics fit the melody's lines, rhyme, come back where they shall, and are clean unless they need not be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.engines.singing.hibari import HibariSinger
from segue.engines.writing import Sound, Verse
from segue.engines.writing.offline import OfflineWriter
from segue.engines.writing.phrases import CLAUSES, ENDINGS, FILLERS

WORDS = [words for group in (CLAUSES, FILLERS, *ENDINGS.values()) for words in group]
SONG = (
    Verse("verse", (8, 7, 8, 7)),
    Verse("chorus", (6, 6, 6, 6), returns=True),
    Verse("verse", (8, 7, 8, 7)),
    Verse("chorus", (6, 6, 6, 6), returns=True),
)


def song(seed: int = 1, *, valence: float = 0.5, explicit: bool = False) -> tuple[tuple[str, ...], ...]:
    return OfflineWriter().lyrics(Sound(valence=valence), SONG, seed, title="Home", explicit=explicit)


def text(seed: int, **how: object) -> str:
    return " / ".join(line for verse in song(seed, **how) for line in verse).lower()  # type: ignore[arg-type]


def ending(line: str) -> str:
    return next(
        name for name, group in ENDINGS.items() if any(line.lower().endswith(words.text.lower()) for words in group)
    )


def test_words_have_the_syllables_that_they_are_said_to_have() -> None:
    singer = HibariSinger()
    assert [words.text for words in WORDS if singer.syllables(words.text) != words.syllables] == []


@settings(max_examples=40)
@given(counts=st.lists(st.integers(1, 24), min_size=1, max_size=6), seed=st.integers(0, 1000), returns=st.booleans())
def test_any_verse_has_the_lines_that_it_wants(counts: list[int], seed: int, returns: bool) -> None:
    verse = Verse("verse", tuple(counts), returns)
    (lines,) = OfflineWriter().lyrics(Sound(), (verse,), seed, title="Home", explicit=False)
    assert len(lines) == len(counts)
    assert all(line and line[0].isupper() for line in lines)


def test_lines_are_as_long_as_the_melody_wants_them() -> None:
    singer = HibariSinger()
    wanted = [count for verse in SONG for count in verse.syllables]
    for seed in range(5):
        heard = [singer.syllables(line) for verse in song(seed) for line in verse]
        assert max(abs(want - have) for want, have in zip(wanted, heard, strict=True)) <= 1


def test_two_and_two_lines_rhyme() -> None:
    for seed in range(20):
        for verse in song(seed):
            assert ending(verse[0]) == ending(verse[1])
            assert ending(verse[2]) == ending(verse[3])


def test_a_chorus_comes_back_and_a_verse_tells_on() -> None:
    first, chorus, second, again = song()
    assert chorus == again
    assert chorus[0] == chorus[2]
    assert first != second


def test_the_same_seed_gives_the_same_words_and_another_one_others() -> None:
    assert song(1) == song(1) != song(2)


def test_words_are_clean_unless_they_need_not_be() -> None:
    rude = [words.text.lower() for words in WORDS if words.explicit]
    assert not any(word in text(seed) for seed in range(60) for word in rude)
    assert any(word in text(seed, explicit=True) for seed in range(20) for word in rude)


def test_words_have_the_mood_of_the_music() -> None:
    def mood(valence: float) -> float:
        sung = " / ".join(text(seed, valence=valence) for seed in range(30))
        return sum(words.mood * sung.count(words.text.lower()) for words in WORDS)

    assert mood(1.0) > 0 > mood(0.0)
