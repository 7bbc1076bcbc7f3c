"""Layouts of hard shapes: arcs, tiles, discs, stripes, dots, waves that shimmer."""

import numpy as np
from numpy.typing import NDArray

from segue.generation.bands.covers.canvas import (
    SIZE,
    Lab,
    Picture,
    Scene,
    Shapes,
    blend,
    filled,
    from_lab,
    grid,
    inside,
)
from segue.generation.bands.covers.noise import Field, field
from segue.music.chance import between, pick


def arcs(scene: Scene) -> Picture:
    """Broad arcs around a corner, like a rainbow of the seventies."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    x = pick(rng, (0.0, 1.0, 0.5))
    outermost = between(rng, (0.62, 0.72)) if x != 0.5 else between(rng, (0.5, 0.6))
    count = int(rng.integers(4, 8))
    gap = between(rng, (0.0, 0.012)) if rng.random() < 0.5 else 0.0
    colours = [palette.inks[number % 4] for number in range(count)] if rng.random() < 0.5 else palette.ramp(count)
    bottom = 1.0 if x != 0.5 else between(rng, (0.8, 1.0))
    for number, colour in enumerate(colours):
        radius = outermost * (1 - number / (count + 1))
        shapes.disc(x, bottom, radius, colour)
        if gap:
            shapes.disc(x, bottom, radius - outermost / (count + 1) + gap, palette.ground)
    shapes.disc(x, bottom, outermost / (count + 1), palette.ground)
    if bottom < 1:
        shapes.rectangle(0, bottom, 1, 1 - bottom, palette.ground)
    return Picture(shapes.image(), "top", 0.26, palette.ink)


def tiles(scene: Scene) -> Picture:
    """Tiles of quarter circles, halves, drops and steps."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    columns = int(rng.integers(4, 7))
    rows = columns - 1 if columns < 6 else columns - 2
    side = 1 / columns
    top = 0.0
    for row in range(rows):
        for column in range(columns):
            _tile(shapes, scene, column * side, top + row * side, side)
    return Picture(shapes.image(), "bottom", 1 - rows * side, palette.ink)


def _tile(shapes: Shapes, scene: Scene, x: float, y: float, side: float) -> None:
    rng, palette = scene.rng, scene.palette
    colours = [*palette.inks, palette.ground]
    order = rng.permutation(5)
    below, above, third = (colours[index] for index in order[:3])
    shapes.rectangle(x, y, side, side, below)
    turn = 90 * int(rng.integers(4))
    corner_x, corner_y = x + side * (turn in (90, 180)), y + side * (turn in (180, 270))
    match int(rng.integers(7)):
        case 0:
            shapes.slice(corner_x, corner_y, side, (turn, turn + 90), above)
        case 1:
            shapes.slice(corner_x, corner_y, side, (turn, turn + 90), above)
            shapes.slice(corner_x, corner_y, side / 2, (turn, turn + 90), third)
        case 2:
            shapes.disc(x + side / 2, y + side / 2, side / 2, above)
            shapes.disc(x + side / 2, y + side / 2, side / 5, third)
        case 3:
            shapes.slice(x + side / 2, y + side / 2, side / 2, (turn, turn + 180), above)
        case 4:
            corners = np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]])
            shapes.polygon(np.delete(corners, turn // 90, axis=0), above)
        case 5:
            for stripe in range(4):
                shapes.rectangle(x, y + side * stripe / 4, side, side / 8, above)
        case _:
            shapes.slice(x, y, side, (0, 90), above)
            shapes.slice(x + side, y + side, side, (180, 270), third)


def discs(scene: Scene) -> Picture:
    """Large discs that overlap, as if printed one over another."""
    rng, palette = scene.rng, scene.palette
    x, y = grid()
    picture = filled(palette.ground)
    covered = np.zeros_like(x)
    for number in range(int(rng.integers(3, 6))):
        radius = between(rng, (0.16, 0.34))
        at_x, at_y = between(rng, (0.2, 0.8)), between(rng, (0.24, 0.56))
        disc = inside(np.hypot(x - at_x, y - at_y) - radius)
        picture = blend(picture, palette.inks[number % 4], disc * np.where(covered > 0.5, 0.72, 1.0))
        covered = np.maximum(covered, disc)
    quiet = inside(0.8 - y)
    picture = blend(picture, palette.ground, quiet)
    return Picture(from_lab(picture), "bottom", 0.19, palette.ink)


def stripes(scene: Scene) -> Picture:
    """Slanted stripes of different widths in a window."""
    rng, palette = scene.rng, scene.palette
    x, y = grid()
    angle = np.deg2rad(pick(rng, (0.0, 30.0, 45.0, 60.0, 90.0)) * pick(rng, (1, -1)))
    along = x * np.cos(angle) + y * np.sin(angle)
    edges, colours = [-2.0], [0]
    while edges[-1] < 1.6:
        narrow = rng.random() < 0.4 + 0.4 * scene.energy
        at = max(-1.0, edges[-1]) + between(rng, (0.015, 0.05) if narrow else (0.08, 0.18))
        edges.append(at)
        colours.append((colours[-1] + int(rng.integers(1, 4))) % 5)
    picture = _striped(along, np.array(edges), np.array([*palette.inks, palette.ground])[colours])
    window = _window(scene)
    picture = blend(filled(palette.ground), picture, window)
    return Picture(from_lab(picture), "bottom", 0.24, palette.ink)


def _striped(along: Field, edges: NDArray[np.float64], colours: Lab) -> Lab:
    """Return stripes: from each edge to the next one its colour, with smooth edges."""
    stripe = np.maximum(1, np.searchsorted(edges, along, side="right") - 1)
    reached = np.clip((along - edges[stripe]) * SIZE, 0, 1)[..., None]
    return np.asarray(colours[stripe - 1] + (colours[stripe] - colours[stripe - 1]) * reached, dtype=np.float32)


def _window(scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return where a picture shows: in a square, a circle, or an arch."""
    x, y = grid()
    match pick(scene.rng, ("wide", "circle", "arch")):
        case "circle":
            return inside(np.hypot(x - 0.5, y - 0.4) - 0.33)
        case "arch":
            arch = np.where(y < 0.4, np.hypot(x - 0.5, y - 0.4) - 0.32, np.maximum(np.abs(x - 0.5) - 0.32, y - 0.74))
            return inside(np.asarray(arch, dtype=np.float32))
        case _:
            return inside(np.maximum(y - 0.74, -1.0 + 0 * x))


def dots(scene: Scene) -> Picture:
    """A sphere or a wave in printed dots."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    count = int(rng.integers(26, 40))
    tone = _tone(scene)
    size = len(tone)
    angle = np.deg2rad(between(rng, (15, 45)))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    steps = (np.arange(-count, count) + 0.5) / count
    for u in steps:
        for v in steps:
            x, y = turn @ np.array([u, v]) + 0.5
            if 0.0 <= x < 1 and 0.0 <= y < 0.78:
                dark = float(tone[int(y * size), int(x * size)])
                if dark > 0.04:
                    colour = palette.inks[0] if dark < 0.55 else palette.inks[1]
                    shapes.disc(x, y, 0.66 / count * dark**0.6, colour)
    return Picture(shapes.image(), "bottom", 0.21, palette.ink)


def _tone(scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return how dark the dots are, 0 to 1: a lit sphere, or waves."""
    x, y = grid()
    x, y = x[::4, ::4], y[::4, ::4]
    rng = scene.rng
    if rng.random() < 0.5:
        radius = 0.32
        squared = np.clip(1 - ((x - 0.5) ** 2 + (y - 0.41) ** 2) / radius**2, 0, 1)
        depth = np.sqrt(squared)
        lit = ((x - 0.5) * between(rng, (-0.9, 0.9)) - (y - 0.41) * 0.8) / radius + 0.5 * depth
        return np.asarray(np.where(squared > 0, np.clip(0.65 - 0.6 * lit, 0.05, 1), 0), dtype=np.float32)
    wander = field(rng, len(x), 2, 2)
    waves = 0.5 + 0.5 * np.sin(2 * np.pi * ((1.5 + 2.5 * scene.energy) * y + 0.5 * wander))
    fade = np.clip((0.74 - y) / 0.2, 0, 1)
    return np.asarray(waves * fade, dtype=np.float32)


def shimmer(scene: Scene) -> Picture:
    """Lines that a bulge bends, so that they seem to move."""
    rng, palette = scene.rng, scene.palette
    x, y = grid()
    at_x, at_y = between(rng, (0.3, 0.7)), between(rng, (0.3, 0.5))
    distance = np.hypot(x - at_x, y - at_y)
    bulge = np.exp(-((distance / between(rng, (0.2, 0.34))) ** 2))
    bend = between(rng, (0.07, 0.16)) * pick(rng, (1, -1))
    along = pick(rng, (x, y, x + y)) + bend * bulge + 0.03 * field(rng, len(x), 1, 1)
    count = int(rng.integers(14, 30))
    wave = np.sin(2 * np.pi * count * along)
    sharp = np.clip(0.5 + wave * 3.2, 0, 1).astype(np.float32)
    tint = np.clip(bulge * 1.3, 0, 1)[..., None]
    inks = palette.inks[0] + (palette.inks[1] - palette.inks[0]) * tint
    picture = blend(filled(palette.ground), np.asarray(inks, dtype=np.float32), sharp)
    picture = blend(picture, palette.ground, inside(0.77 - y))
    return Picture(from_lab(picture), "bottom", 0.21, palette.ink)
