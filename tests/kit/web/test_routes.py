"""ETags, compared as RFC 9110 says."""

import pytest

from segue.kit.web.routes import has_etag


@pytest.mark.parametrize(
    ("header", "etag", "same"),
    [
        (None, '"a"', False),
        ('"a"', '"a"', True),
        ('W/"a"', '"a"', True),
        ('"a"', 'W/"a"', True),
        ('"b", W/"a"', '"a"', True),
        ("*", '"a"', True),
        ('"b"', '"a"', False),
        ("a", '"a"', False),
        ("", '"a"', False),
    ],
)
def test_if_none_match_is_compared_weakly(header: str | None, etag: str, same: bool) -> None:
    assert has_etag(header, etag) is same
