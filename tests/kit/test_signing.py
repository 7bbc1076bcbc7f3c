"""Signed URLs open what they were signed for, and nothing else."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.kit.errors import Forbidden
from segue.kit.signing import UrlSigner

SIGNER = UrlSigner(b"a secret of this test")
SOON = time.time() + 3600


def parts(url: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(url)
    return split.path, dict(parse_qsl(split.query, keep_blank_values=True))


@given(st.dictionaries(st.sampled_from(["filename", "media_type", "b"]), st.text(st.characters(codec="utf-8"))))
def test_what_was_signed_is_verified_and_returned(parameters: dict[str, str]) -> None:
    assert SIGNER.verify(*parts(SIGNER.sign("/files/x", expires_at=SOON, **parameters))) == parameters


def test_another_path_parameter_expiry_or_secret_is_refused() -> None:
    path, query = parts(SIGNER.sign("/files/x", expires_at=SOON, filename="song.flac"))
    unsigned = {name: value for name, value in query.items() if name != "signature"}
    for changed_path, changed in [
        ("/files/y", query),
        (path, query | {"filename": "virus.exe"}),
        (path, query | {"expires": str(int(SOON) + 1)}),
        (path, query | {"more": "1"}),
        (path, query | {"signature": query["signature"][:-1] + "é"}),
        (path, unsigned),
        (path, {}),
    ]:
        with pytest.raises(Forbidden):
            SIGNER.verify(changed_path, changed)
    with pytest.raises(Forbidden):
        UrlSigner(b"another secret").verify(path, query)


def test_an_expired_address_is_refused_and_says_so() -> None:
    with pytest.raises(Forbidden, match="expired"):
        SIGNER.verify(*parts(SIGNER.sign("/files/x", expires_at=time.time() - 1)))
