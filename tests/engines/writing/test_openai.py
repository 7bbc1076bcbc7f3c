"""A writer behind an API is asked as its document has it, checked, and replaced where it fails."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import SecretStr

from segue.engines.writing import Sound
from segue.engines.writing.choose import choose_writer, describe_writers
from segue.engines.writing.offline import OfflineWriter
from segue.engines.writing.openai import Account, OpenAiWriter
from segue.kit.errors import Unavailable
from segue.kit.settings import Settings
from tests.data import data_path

SOUND = Sound(
    styles={"bossa": 1.0}, tempo_bpm=118, energy=0.2, valence=0.8, vocals=False, instruments=("nylon guitar",)
)


@dataclass
class LocalModel:
    """What it was asked, and what it says."""

    url: str = ""
    says: Any = ""
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        content = self.says if isinstance(self.says, str) else json.dumps(self.says)
        message = {"role": "assistant", "content": content, "refusal": None}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "tiny",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        }


@pytest.fixture
def model() -> Iterator[LocalModel]:
    local = LocalModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            local.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            local.tokens.append(self.headers.get("Authorization"))
            body = json.dumps(local.answer()).encode()
            self.send_response(local.status if self.path == "/v1/chat/completions" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    local.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield local
    server.shutdown()
    server.server_close()
    thread.join()


def writer_of(model: LocalModel) -> OpenAiWriter:
    return OpenAiWriter(Account(model.url, "tiny", "sk-secret", timeout_s=5))


def settings_of(model: LocalModel) -> Settings:
    return Settings(_env_file=None, writer_url=model.url, writer_model="tiny", writer_key=SecretStr("sk-secret"))


def test_it_is_told_of_the_sound_and_taken_at_its_word(model: LocalModel) -> None:
    model.says = {
        "texts": ["Quiet Harbour", "Quiet Harbour", "  Slow\nLight ", '"Paper Kites"', "", "x" * 61, "One more"]
    }
    assert writer_of(model).band_names(SOUND, 5, 3) == ("Quiet Harbour", "Slow Light", "Paper Kites")
    asked = model.asked[0]["messages"][-1]["content"]
    assert all(fact in asked for fact in ("bossa", "118 bpm", "calm", "bright", "instrumental", "nylon guitar"))
    assert model.tokens == ["Bearer sk-secret"]


def test_everything_that_is_written_can_be(model: LocalModel) -> None:
    model.says = {"text": "Quiet Harbour plays bossa nova. Nobody sings."}
    assert writer_of(model).bio("Quiet Harbour", SOUND, 5) == model.says["text"]
    model.says = '```json\n{"text": "Notes on Rain"}\n```'
    assert writer_of(model).album_title("Quiet Harbour", ("Rain",), SOUND, 5) == "Notes on Rain"
    model.says = {"texts": ["Rain", "Light"]}
    assert writer_of(model).track_titles(SOUND, 5, 2, avoid=frozenset({"RAIN"})) == ("Light",)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (500, {"texts": ["A name"]}),
        (401, {"texts": ["A name"]}),
        (302, {"texts": ["A name"]}),
        (200, "no JSON"),
        (200, {"names": ["A name"]}),
        (200, {"texts": "A name"}),
        (200, {"texts": []}),
        (200, {"texts": ["x" * 400]}),
        (200, "[" * 100_000),
        (200, "x" * 2_000_000),
    ],
)
def test_where_it_fails_our_own_writes(model: LocalModel, status: int, says: object) -> None:
    model.status, model.says = status, says
    with pytest.raises(Unavailable) as failed:
        writer_of(model).band_names(SOUND, 5, 3)
    assert "sk-secret" not in str(failed.value)
    assert choose_writer(settings_of(model)).band_names(SOUND, 5, 3) == OfflineWriter().band_names(SOUND, 5, 3)


def test_where_nobody_answers_our_own_writes() -> None:
    settings = Settings(_env_file=None, writer_url="http://127.0.0.1:1/v1", writer_model="tiny")
    writer = choose_writer(settings)
    assert writer.bio("Anybody", SOUND, 5) == OfflineWriter().bio("Anybody", SOUND, 5)


def test_the_doctor_tells_of_it(model: LocalModel) -> None:
    told = {each.name: each for each in describe_writers(Settings(_env_file=None))}
    assert (told["offline"].available, told["openai"].available) == (True, False)
    assert "SEGUE_WRITER_URL" in told["openai"].note
    told = {each.name: each for each in describe_writers(settings_of(model))}
    assert told["openai"].available
    assert "sk-secret" not in told["openai"].note


@pytest.mark.slow
def test_requests_and_answers_are_the_published_documents(model: LocalModel) -> None:
    yaml = pytest.importorskip("yaml", reason="OpenAI's document is YAML")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(data_path("specs/openai/openapi.yaml").read_text(), Loader=loader)
    model.says = {"texts": ["Quiet Harbour"]}
    writer_of(model).band_names(SOUND, 5, 3)
    for name, told in (
        ("CreateChatCompletionRequest", model.asked[0]),
        ("CreateChatCompletionResponse", model.answer()),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        OAS31Validator(schema).validate(told)
