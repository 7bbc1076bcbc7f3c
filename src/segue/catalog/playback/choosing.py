"""What a player is given: the file as it was brought, or which other format of it, how loud."""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from segue.audio.transcoding import Transcode, TranscodeFormat, offered_bit_rate
from segue.catalog.tables import Asset
from segue.kit.errors import InvalidRequest

PlayFormat = Literal["original", "opus", "aac", "mp3", "flac"]

#: Streaming services' common level; what is brought there stays this far below full scale, for lossy codecs overshoot.
TARGET_LUFS: Final = -14.0
CEILING_DBTP: Final = -1.0
#: Another way of making the same thing gets another number: what was made before is not what would be made now.
_VERSION: Final = 1
_RECIPE: Final = re.compile(r"(opus|aac|mp3|flac)-(\d+)-([+-]\d+\.\d)dB-v(\d+)")
_MEDIA_TYPES: Final[dict[TranscodeFormat, str]] = {
    "opus": "audio/ogg",
    "aac": "audio/mp4",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
}
_SUFFIXES: Final[dict[TranscodeFormat, str]] = {"opus": "opus", "aac": "m4a", "mp3": "mp3", "flac": "flac"}
#: A file whose bit rate is no more than so much above what is asked for is as good as another.
_NEARLY: Final = 1.1
_TRIFLING_DB: Final = 0.05


@dataclass(frozen=True, slots=True)
class Gain:
    """How a song is brought to the common level.

    Attributes
    ----------
    gain_db
        What brings it to -14 LUFS, or as near as its peaks let it come; None where nobody has measured it, or silence.
    peak_dbtp
        Its true peak as it is; None as above.
    loudness_lufs
        As it is.
    """

    gain_db: float | None
    peak_dbtp: float | None
    loudness_lufs: float | None


def gain_of(asset: Asset) -> Gain:
    """Return how a song is brought to the common level, by its analysis."""
    analysis: dict[str, Any] = asset.analysis or {}
    loudness, peak = analysis.get("loudness_lufs"), analysis.get("true_peak_dbtp")
    if loudness is None or peak is None:
        return Gain(None, peak, loudness)
    return Gain(round(min(TARGET_LUFS - loudness, CEILING_DBTP - peak), 1), peak, loudness)


def choose(
    asset: Asset, wanted: PlayFormat = "original", *, bit_rate_kbps: int | None = None, normalize: bool = False
) -> Transcode | None:
    """Return what is to be made of a file; ``None`` where the file itself is what is asked for.

    Parameters
    ----------
    bit_rate_kbps
        At most so many; None is the format's usual one. With the format ``original`` a file of more becomes Opus.
    normalize
        Whether it is brought to the common level, if it was analysed.
    """
    gain_db = (gain_of(asset).gain_db or 0.0) if normalize else 0.0
    if wanted == "original" and _is_small(asset, bit_rate_kbps) and abs(gain_db) < _TRIFLING_DB:
        return None
    chosen: TranscodeFormat = _nearest_format(asset, bit_rate_kbps) if wanted == "original" else wanted
    rate = offered_bit_rate(chosen, bit_rate_kbps)
    if chosen == format_of(asset) and abs(gain_db) < _TRIFLING_DB and _is_small(asset, rate):
        return None
    # A lossy file has no more than sixteen bits of anything; of a lossless one nobody knows.
    fine = chosen == "flac" and asset.probe["codec"] in ("flac", "alac", "pcm_s24le", "pcm_s32le", "pcm_s24be")
    return Transcode(chosen, rate, gain_db, 24 if fine else 16)


def format_of(asset: Asset) -> TranscodeFormat | None:
    """Return the format that a file is in, if it is one that is offered."""
    container, codec = asset.probe["container"], asset.probe["codec"]
    if container == "ogg":
        return "opus" if codec == "opus" else None
    if container == "m4a":
        return "aac" if codec == "aac" else None
    return container if container in ("mp3", "flac") else None


def recipe_of(wanted: Transcode) -> str:
    """Return what is asked for in a word, for keys and addresses."""
    depth_or_rate = wanted.bit_rate_kbps if wanted.bit_rate_kbps is not None else wanted.bit_depth
    return f"{wanted.format}-{depth_or_rate}-{wanted.gain_db:+.1f}dB-v{_VERSION}"


def read_recipe(recipe: str) -> Transcode:
    """Return what `recipe_of` made a word of.

    Raises
    ------
    InvalidRequest
        It is none of this version's.
    """
    match = _RECIPE.fullmatch(recipe)
    if match is None or int(match[4]) != _VERSION:
        raise InvalidRequest("This address is of another version of Segue: ask for a new one.")
    chosen, number, gain_db = cast("TranscodeFormat", match[1]), int(match[2]), float(match[3])
    if chosen == "flac":
        return Transcode("flac", None, gain_db, 24 if number == 24 else 16)
    return Transcode(chosen, number, gain_db)


def media_type_of(wanted: Transcode) -> str:
    """Return the media type of what is made."""
    return _MEDIA_TYPES[wanted.format]


def suffix_of(wanted: Transcode) -> str:
    """Return how a file of what is made ends."""
    return _SUFFIXES[wanted.format]


def _is_small(asset: Asset, bit_rate_kbps: int | None) -> bool:
    return bit_rate_kbps is None or asset.probe["bit_rate"] <= 1000 * bit_rate_kbps * _NEARLY


def _nearest_format(asset: Asset, bit_rate_kbps: int | None) -> TranscodeFormat:
    """Return the format in which a file is least changed: its own; Opus for what players may not know."""
    own = format_of(asset)
    return "opus" if own is None or (own == "flac" and bit_rate_kbps is not None) else own
