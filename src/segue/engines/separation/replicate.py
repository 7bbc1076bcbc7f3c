"""Separation by a Demucs that Replicate hosts: the song is sent there, and the stems are fetched."""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import numpy as np

from segue.audio.files import DecodeLimits, decode, open_writer
from segue.audio.signal import Audio, FloatArray
from segue.engines.hosted.replicate import ReplicateAccount, ReplicateApi, UploadedFile
from segue.engines.hosted.results import Refused
from segue.engines.separation import STEM_NAMES, StemName
from segue.engines.separation.assembling import NAMED, with_the_rest
from segue.kit.errors import InvalidAudio, SegueError, Unavailable

Block = dict[StemName, FloatArray]

_BLOCK_SAMPLES: Final = 1 << 18
#: What a stem may weigh: 32 bits a sample at 96 kHz, two channels, and a little.
_BYTES_PER_S: Final = 96_000 * 2 * 4
#: Encoders add some samples, and no more than these seconds.
_SLACK_S: Final = 0.5


class ReplicateSeparator:
    """Four stems by a hosted Demucs. The song leaves this machine, and the account pays.

    While Replicate works, blocks without samples are yielded, so that whoever shows progress sees signs of life. Who
    stops listening cancels the prediction; the song is deleted from Replicate in any case.

    Parameters
    ----------
    account
        Access to Replicate.

    Raises
    ------
    Unavailable
        If there is no account.
    """

    name = "replicate"

    def __init__(self, account: ReplicateAccount | None) -> None:
        if account is None:
            raise Unavailable("Set SEGUE_REPLICATE_TOKEN to a token of your account at replicate.com.")
        self._account = account
        self.version = account.model

    def separate(self, mix: Audio) -> Iterator[Block]:
        """Yield the stems block by block: see `Separator.separate`. A mix is mono or stereo.

        Raises
        ------
        Unavailable
            If Replicate cannot be reached.
        Refused, RateLimited
            If Replicate refuses, or the model fails; the message says why.
        InvalidAudio
            If there are more than two channels, or what comes back is no audio.
        """
        if mix.channels > 2:
            raise InvalidAudio(f"Separation takes mono or stereo, not {mix.channels} channels: mix them down first.")
        if not mix.length:
            return
        with tempfile.TemporaryDirectory(prefix="segue-replicate-") as name, ReplicateApi(self._account) as api:
            folder = Path(name)
            gain = _write(mix, folder / "song.flac")
            yield _nothing(mix)
            file = api.upload(folder / "song.flac", "audio/flac")
            try:
                yield _nothing(mix)
                stems = yield from self._parted(api, file, mix, folder)
            finally:
                with suppress(SegueError):  # it expires by itself
                    api.delete_file(file)
        yield from _blocks(mix, stems, gain)

    def _parted(
        self, api: ReplicateApi, file: UploadedFile, mix: Audio, folder: Path
    ) -> Generator[Block, None, list[FloatArray]]:
        """Run the model, with a sign of life whenever it is asked how far it is; return vocals, drums and bass."""
        inputs = {"audio": file.urls.get, "output_format": "flac", "clip_mode": "clamp"}
        running = api.run(inputs)
        with closing(running):
            while True:
                try:
                    next(running)
                except StopIteration as ended:
                    output = ended.value
                    break
                yield _nothing(mix)
        stems = []
        for name, url in zip(NAMED, _urls(output), strict=True):
            path = folder / name
            api.download(url, path, max_bytes=int((mix.duration_s + 2 * _SLACK_S) * _BYTES_PER_S) + (1 << 16))
            stems.append(_read(path, mix))
            yield _nothing(mix)
        return stems


def _urls(output: object) -> list[str]:
    """Return where vocals, drums and bass lie."""
    named = output if isinstance(output, dict) else {}
    urls = [named.get(name) for name in NAMED]
    if not all(isinstance(url, str) for url in urls):
        raise Refused(f"Replicate's model gave no {', '.join(NAMED)}: see SEGUE_REPLICATE_DEMUCS.")
    return [str(url) for url in urls]


def _write(mix: Audio, path: Path) -> float:
    """Write a mix to a file, turned down where it is over full scale; return by which factor."""
    peak = max(float(np.abs(piece).max(initial=0.0)) for piece in _pieces(mix))
    gain = min(1.0, 1.0 / peak) if peak else 1.0
    with open_writer(path, sample_rate=mix.sample_rate, channels=mix.channels, bit_depth=16) as writer:
        for piece in _pieces(mix):
            writer.write(piece * np.float32(gain))
    return gain


def _pieces(mix: Audio) -> Iterator[FloatArray]:
    """Yield the mix in pieces; what is not finite becomes silence."""
    for start in range(0, mix.length, _BLOCK_SAMPLES):
        yield np.nan_to_num(mix.samples[:, start : start + _BLOCK_SAMPLES], posinf=0.0, neginf=0.0)


def _read(path: Path, mix: Audio) -> FloatArray:
    """Decode a stem at the mix's rate; it is hostile until it is decoded, and as long as the mix."""
    limits = DecodeLimits(max_bytes=path.stat().st_size, min_s=0.0, max_s=mix.duration_s + _SLACK_S)
    stem = decode(path, limits, sample_rate=mix.sample_rate, channels=mix.channels).audio
    if stem.duration_s < mix.duration_s - _SLACK_S:
        raise Refused(f"Replicate's {path.name} lasts {stem.duration_s:.1f} s, the song {mix.duration_s:.1f} s.")
    return stem.samples


def _blocks(mix: Audio, stems: Sequence[FloatArray], gain: float) -> Iterator[Block]:
    """Yield the stems beside the mix, at its level, with silence where they are short of its end."""
    for start in range(0, mix.length, _BLOCK_SAMPLES):
        piece = mix.samples[:, start : start + _BLOCK_SAMPLES]
        parts: FloatArray = np.zeros((len(stems), *piece.shape), dtype=np.float32)
        for part, stem in zip(parts, stems, strict=True):
            heard = stem[:, start : start + piece.shape[-1]]
            part[:, : heard.shape[-1]] = heard
        parts /= gain
        yield with_the_rest(piece, parts)


def _nothing(mix: Audio) -> Block:
    """Return a block without samples."""
    return {name: np.zeros((mix.channels, 0), dtype=np.float32) for name in STEM_NAMES}
