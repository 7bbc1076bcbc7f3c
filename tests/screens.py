"""Screens with lists of songs, drawn: what phones and desktops show around them, too."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

#: Title, artist, album and duration.
Song = tuple[str, str, str, str]
Font = Literal["DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral"]

SONGS: tuple[Song, ...] = (
    ("Harbour Lights", "The Piers", "Tidal", "3:41"),
    ("Glass Orchard", "Mira Vale", "Orchards", "4:05"),
    ("21", "Kites & Co.", "Numbers", "2:58"),
    ("Señorita del Río", "Los Álamos", "Río", "3:30"),
    ("Low Tide (feat. Mira Vale)", "The Piers, Mira Vale", "Tidal", "5:12"),
    ("Don't Wait Up", "Paper Lanterns", "Awake", "3:03"),
    ("Übermorgen", "Ärger im Büro", "Montag", "2:47"),
    ("Night Bus Home", "Ola Winter", "Lines", "4:44"),
)


@cache
def font(name: Font, size: int) -> ImageFont.FreeTypeFont:
    """Return a font that every machine with Matplotlib has."""
    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf"), size)


def fitted(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    """Return a text as a screen shows it that has so much room for it."""
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def phone(songs: Sequence[Song] = SONGS, *, name: Font = "DejaVuSans", dark: bool = False) -> Image.Image:
    """Draw a phone: status bar, tabs, covers, titles above artists, a player, a bar to navigate."""
    back, ink, pale = ("#101214", "#f4f4f4", "#9aa0a6") if dark else ("#ffffff", "#141414", "#6f7377")
    image = Image.new("RGB", (1080, 700 + 150 * len(songs)), back)
    draw = ImageDraw.Draw(image)
    draw.text((40, 16), "14:32", font=font(name, 30), fill=ink)
    draw.text((960, 16), "87%", font=font(name, 30), fill=ink)
    draw.text((70, 90), "Evening by the sea", font=font("DejaVuSans-Bold", 58), fill=ink)
    for x, tab in ((90, "SONGS"), (450, "ALBUMS"), (800, "ARTISTS")):
        draw.text((x, 200), tab, font=font(name, 30), fill=pale)
    for row, (title, artist, _, _) in enumerate(songs):
        y = 300 + 150 * row
        draw.rectangle((40, y, 150, y + 110), fill=("#884422", "#225588", "#448844")[row % 3])
        for below, text, face, colour in ((8, title, font(name, 40), ink), (62, artist, font(name, 32), pale)):
            draw.text((180, y + below), fitted(text, face, 860), font=face, fill=colour)
    below = 320 + 150 * len(songs)
    draw.rectangle((0, below, 1080, below + 140), fill="#333333")
    draw.text((130, below + 20), "Something Else", font=font(name, 34), fill="#ffffff")
    draw.text((130, below + 72), "Somebody Else", font=font(name, 28), fill="#bbbbbb")
    for x, place in ((90, "Home"), (460, "Search"), (800, "Library")):
        draw.text((x, below + 220), place, font=font(name, 30), fill=pale)
    return image


def desktop(songs: Sequence[Song] = SONGS, *, name: Font = "DejaVuSans", dark: bool = True) -> Image.Image:
    """Draw a desktop: a menu at the left, a table with number, title, artist, album and time, a player below."""
    back, ink, pale = ("#17181c", "#eeeeee", "#a0a4aa") if dark else ("#fbfaf6", "#222222", "#666666")
    image = Image.new("RGB", (1440, 420 + 44 * len(songs)), back)
    draw = ImageDraw.Draw(image)
    for row, entry in enumerate(("Home", "Browse", "Radio", "Recently Added", "Artists", "Albums", "Songs", "Genres")):
        draw.text((30, 40 + 34 * row), entry, font=font(name, 17), fill=ink)
    draw.text((300, 60), "Late Trains", font=font("DejaVuSans-Bold", 44), fill=ink)
    columns = ((300, "#"), (350, "Title"), (700, "Artist"), (980, "Album"), (1330, "Time"))
    for x, heading in columns:
        draw.text((x, 190), heading, font=font(name, 15), fill=pale)
    for row, (title, artist, album, clock) in enumerate(songs):
        cells = zip(columns, (str(row + 1), title, artist, album, clock), (40, 330, 260, 330, 90), strict=True)
        for (x, _), text, width in cells:
            draw.text((x, 240 + 44 * row), fitted(text, font(name, 19), width), font=font(name, 19), fill=ink)
    below = 300 + 44 * len(songs)
    draw.text((60, below), "Something Else", font=font(name, 19), fill=ink)
    draw.text((60, below + 28), "Somebody Else", font=font(name, 16), fill=pale)
    draw.text((600, below + 40), "1:07", font=font(name, 15), fill=pale)
    draw.text((1010, below + 40), "4:00", font=font(name, 15), fill=pale)
    return image


def note(songs: Sequence[Song] = SONGS, *, name: Font = "DejaVuSerif", title_first: bool = False) -> Image.Image:
    """Draw a page on which somebody has noted songs, one a line, numbered."""
    image = Image.new("RGB", (1000, 160 + 62 * len(songs)), "#fffdf4")
    draw = ImageDraw.Draw(image)
    for row, (title, artist, _, _) in enumerate(songs):
        first, second = (title, artist) if title_first else (artist, title)
        draw.text((80, 80 + 62 * row), f"{row + 1}. {first} - {second}", font=font(name, 32), fill="#202020")
    return image
