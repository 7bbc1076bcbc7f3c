"""Passwords are checked, hashed with argon2id, and take as long for nobody as for somebody."""

import time

import pytest

from segue.kit.passwords import MAX_BYTES, WeakPassword, check_password, hash_password, verify_password


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 8 characters"),
        ("x" * 5000, "at most 1024 bytes"),
        ("é" * (MAX_BYTES // 2 + 1) + "abc", "at most 1024 bytes"),
        ("aaaaaaaaaa", "more than two different"),
        ("Ada@Example.com", "not the email"),
        ("ada-lovelace", "not the email"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, reason: str) -> None:
    email = "ada-lovelace@example.com" if password == "ada-lovelace" else "ada@example.com"
    with pytest.raises(WeakPassword, match=reason):
        check_password(password, email=email)


def test_a_password_may_be_long_and_in_any_script() -> None:
    check_password("пароль из шести слов " * 20, email="ada@example.com")


async def test_a_hash_is_argon2id_and_verifies_its_password_only() -> None:
    hashed = await hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await verify_password("correct horse", hashed)
    assert not await verify_password("correct house", hashed)


async def test_two_hashes_of_a_password_differ() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_what_looks_the_same_is_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert await verify_password(decomposed, await hash_password(composed))


async def test_nobodys_password_is_never_right_and_takes_as_long() -> None:
    hashed = await hash_password("correct horse")
    assert not await verify_password("nobody's password", None)
    started = time.perf_counter()
    await verify_password("wrong", hashed)
    somebody_s = time.perf_counter() - started
    started = time.perf_counter()
    await verify_password("wrong", None)
    nobody_s = time.perf_counter() - started
    assert nobody_s > somebody_s / 4


@pytest.mark.parametrize("password", ["\ud800 lone surrogate", "nul \x00 inside", "x" * 2000])
async def test_odd_strings_are_wrong_and_not_errors(password: str) -> None:
    assert not await verify_password(password, await hash_password("correct horse"))


async def test_a_damaged_hash_is_wrong_and_not_an_error() -> None:
    assert not await verify_password("correct horse", "not a hash")
