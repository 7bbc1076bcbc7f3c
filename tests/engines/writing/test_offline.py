"""The grammar writes clean, different, true words, and the same ones for the same seed."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.engines.writing import Sound
from segue.engines.writing.bios import _ENERGIES, _VALENCES
from segue.engines.writing.grammar import listed, plural, titled
from segue.engines.writing.offline import OfflineWriter
from segue.music.styles import STYLE_NAMES

WRITER = OfflineWriter()
SEEDS = st.integers(0, 2**40)
SOUNDS = st.builds(
    Sound,
    styles=st.dictionaries(st.sampled_from(STYLE_NAMES), st.floats(0.05, 1), max_size=4),
    tempo_bpm=st.none() | st.floats(40, 220),
    energy=st.none() | st.floats(0, 1),
    valence=st.none() | st.floats(0, 1),
    bass=st.floats(-1, 1),
    vocals=st.none() | st.booleans(),
    instruments=st.lists(st.sampled_from(("cello", "electric piano", "harp", "drum kit")), max_size=4).map(tuple),
)
TITLE = re.compile(r"[A-Z][A-Za-z&,' -]*[A-Za-z]")


@settings(deadline=None, max_examples=25)
@given(SOUNDS, SEEDS)
def test_names_are_different_readable_and_the_seeds_own(sound: Sound, seed: int) -> None:
    names = WRITER.band_names(sound, seed, 20)
    assert names == WRITER.band_names(sound, seed, 20)
    assert len({name.casefold() for name in names}) == 20
    for name in names:
        assert TITLE.fullmatch(name), name
        assert 2 <= len(name) <= 40
        words = name.lower().split()
        assert len(set(words)) == len(words), name


@settings(deadline=None, max_examples=25)
@given(SOUNDS, SEEDS)
def test_titles_are_different_and_none_that_is_taken(sound: Sound, seed: int) -> None:
    titles = WRITER.track_titles(sound, seed, 20)
    avoid = frozenset(title.upper() for title in titles[:10])
    others = WRITER.track_titles(sound, seed, 20, avoid=avoid)
    assert len(titles) == len(others) == 20
    assert not {title.casefold() for title in others} & {title.casefold() for title in avoid}
    assert all(TITLE.fullmatch(title) and len(title) <= 60 for title in (*titles, *others))
    assert 1 <= len(WRITER.album_title("Anybody", titles, sound, seed)) <= 60


@settings(deadline=None, max_examples=25)
@given(SOUNDS, SEEDS)
def test_a_bio_is_two_or_three_sentences_that_are_true(sound: Sound, seed: int) -> None:
    bio = WRITER.bio("Quiet Harbour", sound, seed)
    sentences = re.findall(r"[^.]+\.(?:\s|$)", bio)
    assert 2 <= len(sentences) <= 3
    assert len(bio) <= 600
    assert bio.count("Quiet Harbour") == 1
    assert bio == WRITER.bio("Quiet Harbour", sound, seed)
    if sound.tempo_bpm is not None:
        assert f"{sound.tempo_bpm:.0f} beats a minute" in bio
    assert all(instrument in bio.lower() for instrument in list(dict.fromkeys(sound.instruments))[:3])
    if sound.vocals is False:
        assert re.search("nobody sings|without a singer|no voice|instrumental", bio)
    if sound.vocals:
        assert re.search("voice on top|sings|singing", bio)


@settings(deadline=None, max_examples=25)
@given(SOUNDS, SEEDS)
def test_a_bio_says_nothing_of_a_mood_that_is_another(sound: Sound, seed: int) -> None:
    opening = WRITER.bio("Quiet Harbour", sound, seed).split(". ")[0].replace("Quiet Harbour", "")
    for value, (low, _, high) in ((sound.energy, _ENERGIES), (sound.valence, _VALENCES)):
        said = {word for word in re.findall(r"[a-z-]+", opening) if word in {*low, *high}}
        if value is None or 0.38 <= value <= 0.62:
            assert not said
        else:
            assert said <= set(low if value < 0.5 else high)


def test_there_are_thousands_of_names_and_of_titles() -> None:
    sounds = [Sound(styles={style: 1.0}) for style in STYLE_NAMES]
    names = {
        name
        for n, sound in enumerate(sounds)
        for seed in range(4)
        for name in WRITER.band_names(sound, 100 * n + seed, 50)
    }
    titles = {
        one
        for n, sound in enumerate(sounds)
        for seed in range(4)
        for one in WRITER.track_titles(sound, 100 * n + seed, 50)
    }
    assert min(len(names), len(titles)) > 2_000


def test_titles_tell_slow_from_fast_and_one_style_from_another() -> None:
    def words(sound: Sound) -> str:
        return " ".join(title for seed in range(15) for title in WRITER.track_titles(sound, seed, 10)).lower()

    slow, fast = words(Sound(tempo_bpm=60, energy=0.1)), words(Sound(tempo_bpm=170, energy=0.9))
    assert ("half-speed" in slow, "half-speed" in fast) == (True, False)
    assert ("full tilt" in slow, "full tilt" in fast) == (False, True)
    assert (" blues" in words(Sound(styles={"blues": 1})), " blues" in words(Sound(styles={"techno": 1}))) == (
        True,
        False,
    )


def test_english_is_spelled_as_it_is() -> None:
    assert [plural(word) for word in ("ferry", "torch", "wolf", "tray", "jukebox", "river")] == [
        "ferries",
        "torches",
        "wolves",
        "trays",
        "jukeboxes",
        "rivers",
    ]
    assert titled("a island in the smoke") == "An Island in the Smoke"
    assert titled("quick as a unlit owl") == "Quick as an Unlit Owl"
    assert listed(["a", "b", "c"]) == "a, b and c"
