"""The settings, and the page that tells of them."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from segue.kit.settings import Settings
from tests.conftest import forget_environment

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(SEGUE_\w+)` \| ?(.*?) ?\| .+ \|$", re.MULTILINE)


def documented() -> dict[str, str]:
    """The variables of the page with their defaults."""
    return dict(ROW.findall(PAGE.read_text()))


def variables() -> dict[str, str]:
    """The variables of the code with their defaults, as the page writes them."""
    found = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        default = field.get_default(call_default_factory=True, validated_data={})
        told = (
            json.dumps(default)
            if isinstance(default, list | dict | bool)
            else f"{default:.12g}"
            if isinstance(default, float)
            else str(default)
        )
        found[alias if isinstance(alias, str) else f"SEGUE_{name.upper()}"] = "" if default is None else f"`{told}`"
    return found


def test_the_page_tells_of_every_setting_and_of_no_other() -> None:
    assert documented().keys() == variables().keys()


def test_the_page_has_the_defaults() -> None:
    expected = {**variables(), "SEGUE_DATA_DIR": documented()["SEGUE_DATA_DIR"]}  # it depends on who asks
    assert documented() == expected


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8472"),
        ("0.0.0.0", "http://127.0.0.1:8472"),
        ("::", "http://[::1]:8472"),
        ("fd00::7", "http://[fd00::7]:8472"),
        ("nas.local", "http://nas.local:8472"),
    ],
)
def test_the_address_on_this_machine_can_be_called(host: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)
    assert Settings(_env_file=None, host=host).base_url == address


@pytest.mark.parametrize("name", ["port", "requests_per_minute", "signins_per_minute", "upload_max_bytes"])
def test_a_number_that_cannot_be_is_refused_when_it_starts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)
    monkeypatch.setenv(f"SEGUE_{name.upper()}", "0")
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None)
