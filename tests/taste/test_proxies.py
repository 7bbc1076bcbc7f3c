"""Proxy embeddings from what is known of songs."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.audio.signal import FloatArray
from segue.taste.features import unit_rows
from segue.taste.proxies import ProxyModel
from segue.taste.traits import SongTraits, Vocabulary

KINDS = 6
KIND_OF = np.arange(600) % KINDS


def song(kind: int, random: np.random.Generator) -> SongTraits:
    return SongTraits(
        tags={f"kind {kind}": 3.0, f"word {random.integers(40)}": 1.0},
        artists=[f"artist {kind} {random.integers(20)}"],
        year=1960 + 8 * kind,
        numbers={"tempo": 90.0 + 8 * kind + float(random.normal())},
        contexts={f"list {kind} {random.integers(30)}": 1.0 for _ in range(3)},
    )


def songs() -> list[SongTraits]:
    random = np.random.default_rng(0)
    return [song(kind, random) for kind in KIND_OF.tolist()]


def audio() -> FloatArray:
    random = np.random.default_rng(1)
    centres = random.standard_normal((KINDS, 768))
    rows = centres[KIND_OF] + 0.8 * random.standard_normal((len(KIND_OF), 768))
    return unit_rows(rows.astype(np.float32))


@pytest.fixture(scope="module")
def learned() -> ProxyModel:
    vectors = audio()
    vectors[200:] = 0
    return ProxyModel.learn(songs(), vectors)


def test_without_any_audio_songs_of_a_kind_lie_together() -> None:
    proxies = ProxyModel.learn(songs()).embed(songs())
    cosines = proxies @ proxies.T
    same = KIND_OF[:, np.newaxis] == KIND_OF
    assert cosines[same].mean() > cosines[~same].mean() + 0.2
    np.testing.assert_allclose(np.linalg.norm(proxies, axis=1), 1, atol=1e-5)


def test_with_audio_proxies_lie_where_held_out_songs_do(learned: ProxyModel) -> None:
    truth, traits = audio(), songs()
    told = learned.embed(traits[200:])
    cosine = float((told * truth[200:]).sum(axis=1).mean())
    mean = unit_rows(truth[:200].mean(axis=0, keepdims=True))
    assert cosine > float((mean * truth[200:]).sum(axis=1).mean()) + 0.2
    assert learned.songs == 200
    assert learned.error == pytest.approx(cosine, abs=0.1)


def test_too_little_audio_teaches_nothing() -> None:
    vectors = np.full((600, 768), np.nan, dtype=np.float32)
    vectors[:3] = audio()[:3]
    model = ProxyModel.learn(songs(), vectors)
    assert (model.songs, model.error, model.strength) == (3, None, np.inf)
    np.testing.assert_array_equal(model.embed(songs()), ProxyModel.learn(songs()).embed(songs()))


def test_a_song_without_knowledge_gets_zeros_and_a_new_one_a_place(learned: ProxyModel) -> None:
    new = SongTraits(tags=["kind 2"], artists=["nobody yet"])
    proxies = learned.embed([SongTraits(), new])
    assert not proxies[0].any()
    kinds = unit_rows(np.stack([learned.embed(songs())[kind == KIND_OF].mean(axis=0) for kind in range(KINDS)]))
    assert int(np.argmax(kinds @ proxies[1])) == 2


def test_an_artist_whose_songs_are_known_places_a_song_of_which_nothing_else_is(learned: ProxyModel) -> None:
    artist = songs()[1].artists
    proxy = learned.embed([SongTraits(artists=artist)])[0]
    cosines = learned.embed(songs()) @ proxy
    assert cosines[KIND_OF == 1].mean() > cosines[KIND_OF != 1].mean() + 0.1


def test_a_stored_model_is_the_same_and_names_no_listener(learned: ProxyModel) -> None:
    data = learned.to_bytes()
    np.testing.assert_array_equal(ProxyModel.from_bytes(data).embed(songs()), learned.embed(songs()))
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert not any("list" in str(arrays[name]) for name in arrays.files if arrays[name].dtype.kind == "U")


def test_a_model_of_another_version_is_refused(learned: ProxyModel) -> None:
    with np.load(io.BytesIO(learned.to_bytes())) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    held["facts"] = held["facts"] + np.array([1, 0, 0, 0])
    file = io.BytesIO()
    np.savez(file, **held)
    with pytest.raises(ValueError, match="learn it again"):
        ProxyModel.from_bytes(file.getvalue())


def test_the_same_songs_give_the_same_model() -> None:
    assert ProxyModel.learn(songs()).to_bytes() == ProxyModel.learn(songs()).to_bytes()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            SongTraits,
            tags=st.dictionaries(st.text(max_size=5), st.floats(0, 1e6), max_size=3),
            artists=st.lists(st.text(max_size=5), max_size=2),
            year=st.none() | st.integers(-5000, 5000),
            numbers=st.dictionaries(st.text(max_size=3), st.floats(-1e6, 1e6), max_size=3),
            contexts=st.dictionaries(st.text(max_size=5), st.floats(0, 1e3), max_size=3),
        ),
        max_size=12,
    )
)
def test_whatever_is_told_proxies_are_unit_vectors_or_zeros(traits: list[SongTraits]) -> None:
    proxies = ProxyModel.learn(traits).embed(traits)
    lengths = np.linalg.norm(proxies, axis=1)
    assert proxies.shape == (len(traits), 768)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))


def test_keys_that_are_not_in_the_vocabulary_are_left_out() -> None:
    vocabulary = Vocabulary.of([{"a": 1.0, "b": 1.0}, {"a": 1.0}], least=2)
    rows = vocabulary.rows([{"a": 2.0, "b": 1.0, "c": 1.0}, {}])
    assert rows.toarray().tolist() == [[2.0], [0.0]]
