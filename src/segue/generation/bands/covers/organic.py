"""Layouts of soft shapes: hills, ridges, streams, colours that run into each other, cut paper, orbits."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from segue.generation.bands.covers.canvas import SIZE, Picture, Scene, Shapes, blend, filled, from_lab, grid, inside
from segue.generation.bands.covers.colours import Colour, lch, mixed
from segue.generation.bands.covers.noise import closed_curve, curve, field
from segue.music.chance import between, pick

#: Colours that run into each other lose some of their strength: they are given more.
_VIVID: Final = np.array([1.0, 1.35, 1.35], dtype=np.float32)


def hills(scene: Scene) -> Picture:
    """Hills one behind another under a sun or moon; the fuller the music, the sharper."""
    rng, palette = scene.rng, scene.palette
    high, low = _sky(scene)
    x, y = grid()
    sky = blend(filled(high), low, np.clip(y * 1.5, 0, 1) ** 1.3)
    sun_x, sun_y, radius = between(rng, (0.25, 0.75)), between(rng, (0.42, 0.56)), between(rng, (0.1, 0.2))
    disc = inside(np.hypot(x - sun_x, y - sun_y) - radius)
    if scene.energy > 0.6 and rng.random() < 0.6:
        disc = disc * ~((y > sun_y) & ((y - sun_y) % (radius / 4) < radius / 4 * (0.15 + 0.5 * (y - sun_y) / radius)))
    sky = blend(sky, palette.inks[1] if palette.is_dark else palette.inks[0], disc)
    shapes = Shapes(from_lab(sky))
    count = int(rng.integers(4, 7))
    near = mixed(palette.ground, lch(0.14, 0.03, 0), 0.75) if palette.is_dark else palette.ink
    far = mixed(low, palette.inks[2], 0.55)
    for number in range(count):
        depth = number / (count - 1)
        rough = 0.3 + 0.35 * scene.energy
        ridge = curve(rng, SIZE, 2 + number // 2, 6, rough)
        top = 0.56 + 0.37 * depth - 0.11 * (1 - 0.35 * depth) * ridge
        shapes.polygon(_below(top), mixed(far, near, depth**0.9))
    return Picture(shapes.image(), "top", 0.3, palette.ink)


def _sky(scene: Scene) -> tuple[Colour, Colour]:
    palette = scene.palette
    if palette.is_dark:
        return palette.ground, mixed(palette.ground, palette.inks[0], 0.75)
    return palette.ground, mixed(palette.ground, palette.inks[1], 0.5)


def _below(top: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the polygon below a line over the whole width."""
    x = np.linspace(0, 1, len(top))
    return np.concatenate([np.stack([x, top], axis=1), [[1.0, 1.0], [0.0, 1.0]]])


def ridges(scene: Scene) -> Picture:
    """Lines stacked like the traces of a pulsar, high where the music has its middle."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    count = int(rng.integers(26, 46))
    x = np.linspace(0.1, 0.9, 500)
    ramp = palette.lines(count)
    centre, spread = between(rng, (0.4, 0.6)), between(rng, (0.1, 0.18))
    height = 0.07 + 0.12 * scene.energy
    for number in range(count):
        base = 0.37 + 0.52 * number / (count - 1)
        envelope = 0.06 + np.exp(-(((x - centre - rng.normal(0, 0.03)) / spread) ** 2))
        bumps = np.abs(curve(rng, 500, 8, 4, 0.55)) * envelope * height
        line = np.stack([x, base - bumps], axis=1)
        shapes.polygon(np.concatenate([line, [[x[-1], base + 0.02], [x[0], base + 0.02]]]), palette.ground)
        shapes.line(line, ramp[number], 0.0032)
    return Picture(shapes.image(), "top", 0.26, palette.ink)


def streams(scene: Scene) -> Picture:
    """Threads that follow a current, in a frame."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    turning = field(rng, 256, int(rng.integers(1, 4)), 2) * np.pi * between(rng, (0.8, 1.6))
    tone = field(rng, 256, 2, 2)
    ramp = palette.lines(24)
    steps = int(60 + 80 * (1 - scene.energy))
    threads = _followed(rng.random((900, 2)), turning, steps)
    for thread in threads:
        column, row = np.clip(thread[0] * 255, 0, 255).astype(int)
        shade = int(np.clip((tone[row, column] * 0.5 + 0.5) * 23 + rng.normal(0, 2), 0, 23))
        shapes.line(np.array([0.08, 0.08]) + thread * [0.84, 0.64], ramp[shade], between(rng, (0.0012, 0.0055)))
    _frame(shapes, palette.ground, (0.08, 0.08, 0.84, 0.64))
    return Picture(shapes.image(), "bottom", 0.25, palette.ink)


def _followed(starts: NDArray[np.floating], turning: NDArray[np.floating], steps: int) -> NDArray[np.floating]:
    """Return the ways of points along a field of angles, shape ``(points, steps, 2)``."""
    ways = np.empty((len(starts), steps, 2))
    at = starts
    for step in range(steps):
        ways[:, step] = at
        column, row = np.clip(at * 255, 0, 255).astype(int).T
        angle = turning[row, column]
        at = at + np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.006
    return ways


def _frame(shapes: Shapes, colour: Colour, window: tuple[float, float, float, float]) -> None:
    """Cover all that lies around a window: its upper left corner, width and height."""
    x, y, width, height = window
    shapes.rectangle(0, 0, 1, y, colour)
    shapes.rectangle(0, y + height, 1, 1 - y - height, colour)
    shapes.rectangle(0, 0, x, 1, colour)
    shapes.rectangle(x + width, 0, 1 - x - width, 1, colour)


def glow(scene: Scene) -> Picture:
    """Lights that run into each other, with grain."""
    rng, palette = scene.rng, scene.palette
    x, y = grid()
    bend = 0.08 + 0.12 * scene.energy
    x = x + bend * field(rng, SIZE, 2, 2)
    y = y + bend * field(rng, SIZE, 2, 2)
    base = mixed(palette.ground, palette.inks[3], 0.35)
    picture = filled(base)
    for number in range(int(rng.integers(4, 7))):
        at_x, at_y, reach = rng.random(), rng.random(), between(rng, (0.14, 0.3))
        light = np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * reach**2))
        picture = blend(picture, palette.inks[number % 3] * _VIVID, np.asarray(light**1.4 * 0.95, dtype=np.float32))
    quiet = np.clip((y - 0.55) / 0.4, 0, 1) ** 1.2
    picture = blend(picture, palette.ground, np.asarray(quiet * 0.9, dtype=np.float32))
    return Picture(from_lab(picture), "bottom", 0.3, palette.ink)


def cuttings(scene: Scene) -> Picture:
    """Cut paper: soft forms, leaves and stones, on a loose grid."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    columns = int(rng.integers(3, 5))
    rows = 3 if columns == 4 else int(rng.integers(2, 4))
    width, height = 0.9 / columns, 0.66 / rows
    for row in range(rows):
        for column in range(columns):
            x, y = 0.05 + (column + 0.5) * width, 0.05 + (row + 0.5) * height
            order = rng.permutation(4)
            shapes.rectangle(x - width * 0.47, y - height * 0.46, width * 0.94, height * 0.92, palette.inks[order[0]])
            form = _leaf(rng) if rng.random() < 0.5 else _stone(rng)
            colour = pick(rng, (palette.ground, palette.inks[order[1]], palette.ground))
            shapes.polygon(np.array([x, y]) + form * [width * 0.42, height * 0.42], colour)
    return Picture(shapes.image(), "bottom", 0.26, palette.ink)


def _stone(rng: np.random.Generator) -> NDArray[np.floating]:
    reach = closed_curve(rng, 4) * 0.72
    angles = np.linspace(0, 2 * np.pi, len(reach), endpoint=False)
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach[:, None])


def _leaf(rng: np.random.Generator) -> NDArray[np.floating]:
    """Return a leaf with lobes, turned somewhere."""
    t = np.linspace(0, 1, 120)
    lobes = int(rng.integers(0, 6))
    width = np.sin(np.pi * t) ** 0.8 * (0.34 + (0.16 * np.cos(2 * np.pi * lobes * t) if lobes else 0))
    side = np.stack([width, 1.9 * t - 0.95], axis=1)
    outline = np.concatenate([side, side[::-1] * [-1, 1]])
    angle = between(rng, (-0.9, 0.9))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(np.clip(outline @ turn.T, -1, 1))


def orbits(scene: Scene) -> Picture:
    """Thin circles around a bright body, with a few others on their ways."""
    rng, palette = scene.rng, scene.palette
    shapes = Shapes(palette.ground)
    x, y = between(rng, (0.35, 0.65)), between(rng, (0.38, 0.46))
    count = int(rng.integers(7, 13))
    faint = mixed(palette.ground, palette.ink, 0.45)
    for number in range(count):
        radius = 0.1 + 0.8 * ((number + 1) / count) ** 1.25
        shapes.ring(x, y, radius, faint, 0.0016)
        if rng.random() < 0.75:
            angle = rng.uniform(0, 2 * np.pi)
            at = x + radius * np.cos(angle), y + radius * np.sin(angle)
            shapes.disc(*at, between(rng, (0.008, 0.03)), palette.inks[int(rng.integers(4))])
    shapes.disc(x, y, between(rng, (0.05, 0.08)), palette.inks[0])
    shapes.rectangle(0, 0.76, 1, 0.24, palette.ground)
    return Picture(shapes.image(), "bottom", 0.22, palette.ink)
