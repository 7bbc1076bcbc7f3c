"""A writer behind any API that speaks as OpenAI's chat completions do: hosted ones, Ollama, llama.cpp, vLLM."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from segue.engines.writing import Sound, Verse
from segue.kit.errors import Unavailable

ANSWER_MAX_BYTES: Final = 1 << 20
_NAME_LENGTHS: Final = (2, 40)
_TITLE_LENGTHS: Final = (1, 60)
_BIO_LENGTHS: Final = (20, 600)
_LINE_LENGTHS: Final = (2, 120)
_SYSTEM: Final = (
    "You write for a music player that makes its own music. You name imaginary bands and their songs, in plain, vivid"
    " English without clichés. Never use the name of a real artist, person, place or brand. Nothing explicit unless you"
    " are told so. Say of the music only what you are told of it. Answer in JSON."
)


class _Texts(BaseModel):
    texts: list[str]


class _Text(BaseModel):
    text: str


Answer = TypeVar("Answer", _Texts, _Text)


@dataclass(frozen=True, slots=True)
class Account:
    """Where a writer answers, and as what.

    Attributes
    ----------
    url
        Up to its version: ``https://api.openai.com/v1``.
    model
        Its name there.
    key
        Sent as a bearer token, if there is one.
    timeout_s
        For one answer.
    """

    url: str
    model: str
    key: str | None = None
    timeout_s: float = 20.0


class OpenAiWriter:
    """Asks a language model; see `segue.engines.writing.Writer`.

    Whatever it is asked, it raises `Unavailable` where it gets no sensible answer.
    """

    name = "openai"

    def __init__(self, account: Account) -> None:
        self._account = account
        self.version = account.model

    def band_names(self, sound: Sound, seed: int, count: int) -> tuple[str, ...]:
        """Return names for a band; see `segue.engines.writing.Writer`."""
        asked = f"Make up {count} different names for a band that plays {_told(sound)}. One to four words each."
        return _fit(self._ask(asked, seed, _Texts).texts, _NAME_LENGTHS, count)

    def bio(self, name: str, sound: Sound, seed: int) -> str:
        """Return sentences about a band; see `segue.engines.writing.Writer`."""
        asked = f"Write two or three sentences about the band {name}, which plays {_told(sound)}. No place, no people."
        return _fit([self._ask(asked, seed, _Text).text], _BIO_LENGTHS, 1)[0]

    def track_titles(
        self, sound: Sound, seed: int, count: int, *, avoid: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """Return titles for songs; see `segue.engines.writing.Writer`."""
        taken = f" None of these: {json.dumps(sorted(avoid)[:100])}." if avoid else ""
        asked = f"Make up {count} different titles for songs of {_told(sound)}.{taken}"
        known = {title.casefold() for title in avoid}
        texts = [text for text in self._ask(asked, seed, _Texts).texts if text.strip().casefold() not in known]
        return _fit(texts, _TITLE_LENGTHS, count)

    def album_title(self, name: str, tracks: tuple[str, ...], sound: Sound, seed: int) -> str:
        """Return a title for an album; see `segue.engines.writing.Writer`."""
        songs = json.dumps(list(tracks))
        asked = f"Make up a title for an album by {name}, which plays {_told(sound)}. Its songs: {songs}."
        return _fit([self._ask(asked, seed, _Text).text], _TITLE_LENGTHS, 1)[0]

    def lyrics(
        self, sound: Sound, verses: tuple[Verse, ...], seed: int, *, title: str, explicit: bool
    ) -> tuple[tuple[str, ...], ...]:
        """Return the lines of a song; see `segue.engines.writing.Writer`."""
        wanted = [
            {"part": verse.label, "syllables of its lines": verse.syllables, "same words each time": verse.returns}
            for verse in verses
        ]
        asked = (
            f'Write the lyrics of the song "{title}": {_told(sound)}. Its parts, in order: {json.dumps(wanted)}.'
            " Every line has just so many syllables; two and two rhyme. One text for each line, all parts in one list."
            f" {'Explicit words are welcome.' if explicit else 'Clean words only.'}"
        )
        texts = [" ".join(text.split()) for text in self._ask(asked, seed, _Texts).texts]
        if len(texts) != sum(len(verse.syllables) for verse in verses) or not all(map(_is_line, texts)):
            raise Unavailable("The writer wrote other lines than were asked for.")
        left = iter(texts)
        return tuple(tuple(next(left) for _ in verse.syllables) for verse in verses)

    def _ask(self, asked: str, seed: int, kind: type[Answer]) -> Answer:
        account = self._account
        form = {"name": "answer", "strict": True, "schema": _schema(kind)}
        body = {
            "model": account.model,
            "messages": [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}],
            "response_format": {"type": "json_schema", "json_schema": form},
            "seed": seed % 2**31,
            "temperature": 1.0,
        }
        headers = {"Authorization": f"Bearer {account.key}"} if account.key else {}
        try:
            content = _sent(f"{account.url.rstrip('/')}/chat/completions", body, headers, account.timeout_s)
            return kind.model_validate_json(_unfenced(content))
        except (httpx.HTTPError, ValidationError, LookupError, TypeError, ValueError) as error:
            # Only the kind of it: the words may hold the key.
            raise Unavailable(
                f"The writer at {account.url} gave no sensible answer ({type(error).__name__})."
            ) from None


def _sent(url: str, body: dict[str, Any], headers: dict[str, str], timeout_s: float) -> str:
    """Return what a model says."""
    with (
        httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", url, json=body, headers=headers) as answer,
    ):
        answer.raise_for_status()
        held = bytearray()
        for chunk in answer.iter_bytes():
            held += chunk
            if len(held) > ANSWER_MAX_BYTES:
                raise ValueError("an answer of such a length is none")
    content = json.loads(held)["choices"][0]["message"]["content"]
    if not isinstance(content, str):
        raise TypeError("the model said nothing")
    return content


def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    """Return a schema as strict mode wants it: every property required, and no others."""
    return {**kind.model_json_schema(), "additionalProperties": False}


def _unfenced(content: str) -> str:
    """Return JSON without the fence that some models put around it."""
    text = content.strip()
    return text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()


def _fit(texts: Sequence[str], lengths: tuple[int, int], count: int) -> tuple[str, ...]:
    """Return the texts that can be shown, each once, at most `count`.

    Raises
    ------
    Unavailable
        None of them can.
    """
    shortest, longest = lengths
    cleaned = dict.fromkeys(" ".join(text.split()).strip(" \"'") for text in texts)
    fitting = [text for text in cleaned if shortest <= len(text) <= longest and text.isprintable()]
    if not fitting:
        raise Unavailable("The writer wrote nothing that fits.")
    return tuple(fitting[:count])


def _is_line(text: str) -> bool:
    """Whether something can be sung as a line."""
    shortest, longest = _LINE_LENGTHS
    return shortest <= len(text) <= longest and text.isprintable()


def _told(sound: Sound) -> str:
    """Return what is known of a sound, in words."""
    styles = " and ".join(style.replace("_", " ") for style in sound.main_styles(3)) or "music"
    facts = [styles]
    if sound.tempo_bpm is not None:
        facts.append(f"around {sound.tempo_bpm:.0f} bpm")
    for value, low, high in ((sound.energy, "calm", "energetic"), (sound.valence, "dark", "bright")):
        if value is not None and abs(value - 0.5) > 0.12:
            facts.append(low if value < 0.5 else high)
    if sound.vocals is not None:
        facts.append("with singing" if sound.vocals else "instrumental")
    if sound.instruments:
        facts.append("with " + ", ".join(sound.instruments[:5]))
    return ", ".join(facts)
