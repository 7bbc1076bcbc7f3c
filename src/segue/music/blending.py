"""Styles in between: one style that has something of each of several, by their weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from segue.music.harmony import Palette
from segue.music.score import Score
from segue.music.styles import STYLE_NAMES, STYLES, Band, Span, Style, StyleName

_T = TypeVar("_T")
#: What weighs less than this share is not heard as a style of its own.
_LEAST: Final = 0.04
_MOST_COPIES: Final = 12
_POP: Final = STYLES["pop"]

#: A style with its share of the song.
_Share = tuple[Style, float]


def shares(styles: Mapping[StyleName, float]) -> dict[StyleName, float]:
    """Return the weights of styles as shares that sum to 1, the largest first; those below 4 % are left out.

    Raises
    ------
    KeyError
        If there is no such style.
    """
    total = sum(styles.values())
    ordered = sorted(styles, key=lambda name: (-styles[name], list(STYLES).index(name)))
    kept = [name for name in ordered if styles[name] / total >= _LEAST]
    rest = sum(styles[name] for name in kept)
    return {name: styles[name] / rest for name in kept}


def blend(styles: Mapping[StyleName, float]) -> Style:
    """Return the style that lies between styles.

    Numbers are averaged, tempi in octaves; what is drawn from (chords, instruments, ways of playing) is drawn from all
    of them as often as they weigh. The main style lends its name and its kick and snare; the cymbals and the percussion
    over them may be another's (`Style.over`).

    Parameters
    ----------
    styles
        One or more, with weights above 0. One alone is returned as it is.
    """
    parts = [(STYLES[name], share) for name, share in shares(styles).items()]
    main = parts[0][0]
    if len(parts) == 1:
        return main
    return replace(
        main,
        tempo_bpm=_span(parts, lambda style: (np.log(style.tempo_bpm[0]), np.log(style.tempo_bpm[1])), np.exp),
        palette=_palette(parts),
        over=_pooled([(style.grooves, share) for style, share in parts]),
        tops=_pooled([(style.tops, share) for style, share in parts]),
        bass=_pooled([(style.bass, share) for style, share in parts]),
        comping=_pooled([(style.comping, share) for style, share in parts]),
        band=_band(parts),
        metres=tuple((*metre[:2], metre[2] * share) for style, share in parts for metre in style.metres),
        minor=_mean(parts, lambda style: style.minor),
        swing=_span(parts, lambda style: style.swing if style.swing_of == main.swing_of else (0.5, 0.5)),
        feel_ms=_span(parts, lambda style: style.feel_ms),
        late_ms=_span(parts, lambda style: style.late_ms),
        energy=_span(parts, lambda style: style.energy),
        drums=_mean(parts, lambda style: style.drums),
        vocals=_mean(parts, lambda style: style.vocals),
        lead=_mean(parts, lambda style: style.lead),
        distortion=_mean(parts, lambda style: style.distortion),
        space=_span(parts, lambda style: style.space),
        pumping=_mean(parts, lambda style: style.pumping),
        loudness_lufs=_span(parts, lambda style: style.loudness_lufs),
    )


def style_of(score: Score) -> Style:
    """Return the style that a score was composed in; what is unknown sounds like pop."""
    styles = {name: score.styles[name] for name in STYLE_NAMES if name in score.styles}
    return blend(styles) if styles else next((style for style in STYLES.values() if style.name == score.style), _POP)


def _mean(parts: Sequence[_Share], value: Callable[[Style], float]) -> float:
    return float(sum(value(style) * share for style, share in parts))


def _span(parts: Sequence[_Share], span: Callable[[Style], Span], scale: Callable[[float], float] = float) -> Span:
    low, high = (_mean(parts, lambda style, end=end: span(style)[end]) for end in (0, 1))  # type: ignore[misc]
    return float(scale(low)), float(scale(high))


def _pooled(pools: Sequence[tuple[Sequence[_T], float]]) -> tuple[_T, ...]:
    """Return what can be drawn from pools, each option as often as its pool weighs."""
    filled = [(pool, share / len(pool)) for pool, share in pools if pool]
    if not filled:
        return ()
    least = max(min(each for _, each in filled), max(each for _, each in filled) / _MOST_COPIES)
    return tuple(option for pool, each in filled for option in pool for _ in range(max(1, round(each / least))))


def _palette(parts: Sequence[_Share]) -> Palette:
    """Return the harmony of several styles."""
    palettes = [(style.palette, share) for style, share in parts]
    return Palette(
        major=_pooled([(palette.major, share) for palette, share in palettes]),
        minor=_pooled([(palette.minor, share) for palette, share in palettes]),
        grammar=_mean(parts, lambda style: style.palette.grammar),
        sevenths=_mean(parts, lambda style: style.palette.sevenths),
        suspensions=_mean(parts, lambda style: style.palette.suspensions),
        borrowing=_mean(parts, lambda style: style.palette.borrowing),
        bars_per_chord=_pooled([(palette.bars_per_chord, share) for palette, share in palettes]),
        power=palettes[0][0].power,
        dialect=palettes[0][0].dialect,
    )


def _band(parts: Sequence[_Share]) -> Band:
    """Return whom several styles may engage."""
    bands = [(style.band, share) for style, share in parts]
    return Band(
        bass=_pooled([(band.bass, share) for band, share in bands]),
        chords=_pooled([(band.chords, share) for band, share in bands]),
        pads=_pooled([(band.pads, share) for band, share in bands]),
        lead=_pooled([(band.lead, share) for band, share in bands]),
        kits=_pooled([(band.kits, share) for band, share in bands]),
        synthetic=_mean(parts, lambda style: style.band.synthetic),
    )
