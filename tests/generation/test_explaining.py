"""Every sentence is told from data: other data, another sentence."""

from dataclasses import replace
from typing import Any

import pytest

from segue.audio.analysis import Key
from segue.generation.conditioning import Conditioned, Conditions
from segue.generation.explaining import FacetTold, Influence, Reasons, explain, explain_made
from segue.generation.limits import Limits
from segue.generation.sources import SourceTraits
from segue.music.score import ChordName
from segue.music.wishes import Wishes

WISHES = Wishes(styles={"hip_hop": 0.7, "bossa": 0.3}, tempo_bpm=82.0, key=Key(9, "minor"), energy=0.3, valence=0.5)
FOUND = Conditioned(WISHES, by_sound=True, by_words=True)
ASKED = Conditions("new", 1, 60.0)
REASONS = Reasons(
    "new",
    influences=(Influence("Harbour Lights", "The Piers", 0.83, "said"), Influence("Low Tide", None, 0.71, "heard")),
    songs=412,
    facet=FacetTold("lo-fi · chill", 0.34, 81.0, 0.31, 2016.0),
    tags=("lo-fi", "chill"),
    space="musicnn-1",
)


def told(reasons: Reasons = REASONS, asked: Conditions = ASKED, found: Conditioned = FOUND) -> str:
    return " ".join(explain(reasons, asked, found))


def test_it_names_songs_facet_style_tempo_and_key() -> None:
    text = told()
    for part in (
        "412 songs", "“Harbour Lights” by The Piers (you said that you like it, likeness 0.83)",
        "“Low Tide” (you keep or play it", "lo-fi · chill, 34 % of your taste", "about 81 beats a minute",
        "70 % hip hop and 30 % bossa nova", "(lo-fi, chill)", "82.0 beats a minute", "A minor", "calm (0.30)",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    "change",
    [
        {"songs": 3},
        {"songs": 0},
        {"influences": ()},
        {"influences": (Influence("Other", "Them", 0.5),)},
        {"facet": None},
        {"facet": FacetTold("lo-fi · chill", 0.34, 97.0)},
        {"tags": ("jazz",)},
        {"band": "The Quays"},
        {"founded": "The Quays"},
        {"listed": (12, "Sunday")},
        {"listed": (12, None)},
        {"liked": ("“A”",)},
        {"skipped": ("“B” by C",)},
    ],
)
def test_other_reasons_are_told_otherwise(change: dict[str, Any]) -> None:
    assert told(replace(REASONS, **change)) != told()


@pytest.mark.parametrize(
    "change",
    [
        {"tempo_bpm": 120.0},
        {"key": Key(0, "major")},
        {"energy": 0.9},
        {"valence": 0.1},
        {"styles": {"metal": 1.0}},
        {"chords": ((ChordName(9, "min7"), 4.0), (ChordName(5, "maj"), 4.0))},
    ],
)
def test_other_wishes_are_told_otherwise(change: dict[str, Any]) -> None:
    assert told(found=replace(FOUND, wishes=replace(WISHES, **change))) != told()


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            Limits(tempo_bpm=(70, 110), said=frozenset({"tempo_range"})),
            "As you asked, the tempo stays within 70 to 110",
        ),
        (Limits(tempo_bpm=(70, 110)), "As in your songs, the tempo stays within 70 to 110"),
        (Limits(energy=(0.0, 0.4)), "its energy, 0.30, stays within 0 to 0.4"),
        (Limits(vocals=False), "nobody sings"),
        (Limits(vocals=True), "a voice sings"),
        (Limits(bass=0.7), "the bass is heavy"),
        (Limits(clean=True), "no word in it is explicit"),
    ],
)
def test_preferences_that_held_are_told_and_no_others(limits: Limits, sentence: str) -> None:
    assert sentence in told(asked=replace(ASKED, limits=limits))
    assert sentence not in told()


def test_who_is_unknown_is_told_so() -> None:
    text = told(Reasons("new"), ASKED, replace(FOUND, by_sound=False, by_words=False))
    assert "Nothing is known of your taste yet" in text
    assert "by chance" in text


def test_a_continuation_tells_what_it_keeps() -> None:
    reasons = Reasons("extend", source="“Tide” by Us", source_key=Key(2, "minor"), source_tempo_bpm=121.5)
    assert "goes on with “Tide” by Us" in told(reasons)
    assert "121.5 beats a minute and its key, D minor" in told(reasons)


def test_what_resembles_a_source_tells_both_tempi() -> None:
    asked = replace(ASKED, mode="similar", source=SourceTraits(80.0, 4, Key(9, "minor")))
    text = told(Reasons("similar", source="“Tide”", songs=5), asked)
    assert "It resembles “Tide”: 70 %" in text
    assert "82.0 beats a minute (its source has 80.0)" in text


def test_a_source_of_which_nobody_knows_how_it_sounds_is_no_part_of_the_aim() -> None:
    text = told(Reasons("similar", source="“Tide”", songs=5, placed=False), replace(ASKED, mode="similar"))
    assert "70 % of where" not in text
    assert "your taste says where it lies" in text


def test_a_radio_is_the_middle_of_no_song_of_which_nobody_knows_how_it_sounds() -> None:
    text = told(Reasons("radio", listed=(0, "Sunday"), songs=5), replace(ASKED, mode="radio"))
    assert "in the middle" not in text
    assert "How the songs of the playlist “Sunday” sound is not known: it lies where your taste does." in text


def test_styles_of_a_place_that_was_only_inferred_are_not_said_to_be_by_chance_or_by_sound() -> None:
    text = told(REASONS, replace(ASKED, trust=0.0), replace(FOUND, by_words=False))
    assert "by where these songs are thought to lie, as none of them was heard" in text
    assert "by chance" not in text


@pytest.mark.parametrize(
    ("end_s", "sentence"),
    [
        (144.2, "It begins with the first 2:24 of its 2:32"),
        (152.0, "It begins with all 2:32 of it."),
    ],
)
def test_how_much_of_a_song_is_heard_before_it_goes_on_is_told(end_s: float, sentence: str) -> None:
    stretch = {"start_s": 0.0, "source_start_s": 0.0, "source_end_s": end_s, "kind": "song"}
    assert sentence in explain_made({"source_s": 152.0, "stretches": [stretch]})[0]


def test_what_was_made_is_told_of_its_project() -> None:
    labels = ("intro", "verse", "verse", "chorus", "outro")
    project = {
        "sections": [{"label": label} for label in labels],
        "parts": [{"name": name} for name in ("electric piano", "upright bass", "drums")],
    }
    assert explain_made(project) == (
        "Its form: intro, verse (2), chorus, outro.",
        "Who plays: electric piano, upright bass and drums.",
    )
    assert explain_made({}) == ()
