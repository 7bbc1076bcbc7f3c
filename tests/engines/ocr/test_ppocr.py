"""PP-OCR's networks read what screens show."""

from pathlib import Path

import numpy as np
import pytest

from segue.engines.models.registry import PPOCR
from segue.engines.ocr import Image, TextReader
from segue.engines.ocr.choose import choose_reader, describe_readers
from segue.kit.errors import Unavailable
from tests.screens import SONGS, phone


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> TextReader:
    return choose_reader(models_dir, threads=2)


def drawn(**how: object) -> Image:
    return np.asarray(phone(SONGS[:4], **how))  # type: ignore[arg-type]


@pytest.mark.parametrize("dark", [False, True])
def test_titles_and_artists_are_read_with_their_accents(reader: TextReader, dark: bool) -> None:
    read = {line.text for line in reader.read(drawn(dark=dark))}
    assert {"Harbour Lights", "The Piers", "Señorita del Río", "Los Álamos", "21"} <= read


def test_boxes_lie_within_the_image_around_what_was_read(reader: TextReader) -> None:
    image = drawn()
    lines = reader.read(image)
    for line in lines:
        assert 0 <= line.box.left < line.box.right <= image.shape[1]
        assert 0 <= line.box.top < line.box.bottom <= image.shape[0]
        assert 0 <= line.confidence <= 1
    (title,) = (line for line in lines if line.text == "Harbour Lights")
    assert abs(title.box.left - 180) < 12
    assert 290 < title.box.top < title.box.bottom < 370


def test_the_same_image_gives_the_same_lines(reader: TextReader) -> None:
    image = drawn()
    assert reader.read(image) == reader.read(image)


@pytest.mark.parametrize("shape", [(64, 64), (64, 400), (400, 64)])
def test_an_image_without_text_has_no_lines(reader: TextReader, shape: tuple[int, int]) -> None:
    assert reader.read(np.full((*shape, 3), 128, dtype=np.uint8)) == []


@pytest.mark.slow
def test_an_image_longer_than_the_network_sees_at_once_is_read_whole(reader: TextReader) -> None:
    songs = tuple((f"{title} {number}", artist, "", "") for number in range(3) for title, artist, _, _ in SONGS)
    read = {line.text for line in reader.read(np.asarray(phone(songs)))}
    assert {f"Night Bus Home {number}" for number in range(3)} <= read


@pytest.mark.parametrize("image", [drawn(), np.full((64, 64, 3), 128, dtype=np.uint8)], ids=["a screen", "nothing"])
def test_progress_goes_up_to_its_end(reader: TextReader, image: Image) -> None:
    told: list[float] = []
    reader.read(image, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_an_engine_without_weights_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"segue models install {PPOCR.name}"):
        choose_reader(tmp_path, threads=1)
    (described,) = describe_readers(tmp_path)
    assert not described.available
    assert PPOCR.name in described.note
