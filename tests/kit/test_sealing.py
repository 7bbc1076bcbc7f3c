"""What is sealed opens in its own place only, and tells nothing before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.kit.sealing import CannotUnseal, Sealer

SEALER = Sealer(b"s" * 48)


@given(plain=st.binary(max_size=300), place=st.binary(max_size=50))
def test_what_was_sealed_is_unsealed(plain: bytes, place: bytes) -> None:
    assert SEALER.unseal(SEALER.seal(plain, bound_to=place), bound_to=place) == plain


def test_the_same_is_never_sealed_the_same() -> None:
    assert SEALER.seal(b"token", bound_to=b"row") != SEALER.seal(b"token", bound_to=b"row")


def test_what_is_sealed_does_not_hold_the_secret() -> None:
    assert b"token" not in SEALER.seal(b"token", bound_to=b"row")


def test_it_does_not_open_in_another_place() -> None:
    with pytest.raises(CannotUnseal):
        SEALER.unseal(SEALER.seal(b"token", bound_to=b"mine"), bound_to=b"yours")


def test_it_does_not_open_with_another_secret() -> None:
    with pytest.raises(CannotUnseal):
        Sealer(b"t" * 48).unseal(SEALER.seal(b"token", bound_to=b"row"), bound_to=b"row")


@given(data=st.data())
def test_not_a_bit_of_it_may_change(data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(b"token", bound_to=b"row"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CannotUnseal):
        SEALER.unseal(bytes(sealed), bound_to=b"row")


@given(noise=st.binary(max_size=60))
def test_noise_does_not_open(noise: bytes) -> None:
    with pytest.raises(CannotUnseal):
        SEALER.unseal(noise, bound_to=b"row")
