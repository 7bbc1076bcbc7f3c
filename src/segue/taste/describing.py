"""A taste in plain words: what its facets are called, and what may be said of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from segue.catalog.embeddings.service import KnownTrack
from segue.taste.histograms import Weighed, energy, eras, tempo

_TAGS, _ARTISTS, _EXAMPLES = 3, 4, 5
#: A facet is called by a tag that at least this share of its songs has.
_NAMING_SHARE: Final = 0.25


def profile_of(
    songs: Sequence[KnownTrack], weights: Sequence[float], members: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """Return what may be said of a taste, as JSON-ready values.

    Parameters
    ----------
    songs, weights
        All that say anything of it.
    members
        Of each facet the indices of its songs.
    """
    weighed = list(zip(songs, weights, strict=True))
    everywhere = _tag_shares(weighed)
    return {
        "songs": sum(weight > 0 for weight in weights),
        "against": sum(weight < 0 for weight in weights),
        "tempo": tempo(weighed).as_json(),
        "eras": eras(weighed).as_json(),
        "energy": energy(weighed).as_json(),
        "facets": [_facet([weighed[index] for index in mine], everywhere) for mine in members],
    }


def name_of(tags: Sequence[str], artists: Sequence[str]) -> str:
    """Return what a facet is called: by its tags, else by its artists."""
    if tags:
        return " · ".join(tags[:2])
    return " & ".join(artists[:2]) or "songs of which little is known"


def told_apart(names: Sequence[str], artists: Sequence[Sequence[str]]) -> list[str]:
    """Return facets' names, those that are the same with the first artist of each."""
    often = Counter(names)
    return [
        f"{name} like {theirs[0]}" if often[name] > 1 and theirs else name
        for name, theirs in zip(names, artists, strict=True)
    ]


def sentences(profile: Mapping[str, Any], facets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a taste in plain words.

    Parameters
    ----------
    profile
        From `profile_of`.
    facets
        As they are now, each with its ``name``, ``share`` and ``artists``, the largest first.
    """
    if not facets:
        return ["Nothing speaks for a taste yet: bring your music, or like a few songs."]
    said = [_facets_in_words(facets)]
    pace, years, power = profile["tempo"], profile["eras"], profile["energy"]
    if pace["songs"]:
        low, high = f"{pace['low']:.0f}", f"{pace['high']:.0f}"
        said.append(f"Most of it moves at {low if low == high else f'{low} to {high}'} beats a minute.")
    if years["songs"]:
        said.append(_years_in_words(years))
    if power["songs"]:
        word = "calm" if power["middle"] < 0.4 else "energetic" if power["middle"] > 0.65 else "neither calm nor wild"
        said.append(f"It is {word}: its energy is {power['middle']:.2f} of 1.")
    against = profile["against"]
    less = f" {_count(against, 'song')} {'says' if against == 1 else 'say'} what it is not." if against else ""
    said.append(f"{_count(profile['songs'], 'song')} {'speaks' if profile['songs'] == 1 else 'speak'} for it.{less}")
    return said


def _facets_in_words(facets: Sequence[Mapping[str, Any]]) -> str:
    first, *rest = facets
    main = f"Your taste is {first['name']}"
    if not rest:
        return f"{main}."
    others = [f"{facet['name']} ({_percent(facet['share'])})" for facet in rest]
    listed = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    return f"{main} ({_percent(first['share'])}), {listed}."


def _years_in_words(years: Mapping[str, Any]) -> str:
    best = max(range(len(years["shares"])), key=lambda place: years["shares"][place])
    decade, share = int(years["edges"][best]), years["shares"][best]
    if share > 0.5:
        return f"{_percent(share)} of it is from the {decade}s."
    return f"It spans {years['low']:.0f} to {years['high']:.0f}; the {decade}s are the most of it ({_percent(share)})."


def _facet(weighed: Weighed, everywhere: Mapping[str, float]) -> dict[str, Any]:
    artists: Counter[str] = Counter()
    for song, weight in weighed:
        if song.artist:
            artists[song.artist] += max(weight, 0.0)  # type: ignore[assignment]  # weights are counts, too
    best = sorted(weighed, key=lambda pair: -pair[1])
    return {
        "tags": _own_tags(weighed, everywhere),
        "artists": [artist for artist, _ in artists.most_common(_ARTISTS)],
        "songs": len(weighed),
        "examples": [str(song.track_id) for song in _of_different_artists(best)],
        "tempo": tempo(weighed).middle,
        "year": eras(weighed).middle,
        "energy": energy(weighed).middle,
    }


def _own_tags(weighed: Weighed, everywhere: Mapping[str, float]) -> list[str]:
    """Return the tags that are a facet's own: many of its songs have them, and more than others do."""
    shares = _tag_shares(weighed)
    own = {tag: share * share / max(everywhere[tag], 1e-9) for tag, share in shares.items() if share >= _NAMING_SHARE}
    return sorted(own, key=lambda tag: (-own[tag], -shares[tag], tag))[:_TAGS]


def _tag_shares(weighed: Weighed) -> dict[str, float]:
    totals: dict[str, float] = defaultdict(float)
    whole = 0.0
    for song, weight in weighed:
        if weight > 0:
            whole += weight
            for tag in song.tags:
                totals[tag] += weight
    return {tag: total / whole for tag, total in totals.items()}


def _of_different_artists(best: Weighed) -> list[KnownTrack]:
    """Return the first songs, one of each artist; then the rest of theirs, if these are few."""
    chosen: list[KnownTrack] = []
    seen: set[str | None] = set()
    for song, weight in best:
        if weight > 0 and song.artist not in seen:
            seen.add(song.artist)
            chosen.append(song)
    known: set[UUID] = {song.track_id for song in chosen}
    chosen += [song for song, weight in best if weight > 0 and song.track_id not in known]
    return chosen[:_EXAMPLES]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %" if share >= 0.01 else "under 1 %"
