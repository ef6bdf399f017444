"""One way from what people say to a version, and names that nothing else can be read as (R-25.1)."""

from __future__ import annotations

import pytest

from live_bridge.promotion import version_names
from live_bridge.promotion.version_names import NameRefused, VersionUnknown
from live_bridge.store.audit import Label
from tests.harness import rule

ONE, TWO, THREE = "3fa9c2" + "0" * 58, "3fa9d0" + "0" * 58, "abcd00" + "0" * 58
KNOWN = {ONE: Label(1), TWO: Label(2, "Autumn menu"), THREE: Label(12)}
PLACES = {"live": TWO}


@rule("R-25.1")
@pytest.mark.parametrize(
    ("word", "digest"),
    [("v1", ONE), ("V12", THREE), ("autumn MENU", TWO), (" live ", TWO), (TWO, TWO), ("3FA9C", ONE), ("abcd", THREE)],
)
def test_word_stands_for_one_version(word: str, digest: str) -> None:
    assert version_names.resolve(word, KNOWN, PLACES) == digest


@rule("R-25.1")
@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("3fa9", "fits 2 versions: v1 (3fa9c2000000), v2 Autumn menu (3fa9d0000000)"),
        ("v3", "v3 stands for no version here; this bridge knows v12 (abcd00000000), v2 Autumn menu"),
        ("12", "a number is written v12"),
        ("abc", "at least 4 letters"),
        ("canary", "no version is canary now"),
        ("winter", "this bridge knows v12"),
        ("", "nothing stands for no version"),
    ],
)
def test_word_for_none_or_several_is_refused_with_those_it_may_mean(word: str, told: str) -> None:
    with pytest.raises(VersionUnknown) as refused:
        version_names.resolve(word, KNOWN, PLACES)
    assert told in str(refused.value)


@rule("R-25.1")
def test_refusal_lists_few_of_many_versions() -> None:
    many = {f"{n:064x}": Label(n) for n in range(1, 40)}
    with pytest.raises(VersionUnknown, match="v39 .* and 31 more"):
        version_names.resolve("winter", many, {})


@rule("R-25.1")
@pytest.mark.parametrize(
    "name", ["v7", "V12", "live", "Canary", "audit", "beef", "12", "a/b", " ", "-x", "x" * 65, "autumn  menu"]
)
def test_name_that_could_be_read_as_something_else_is_refused(name: str) -> None:
    with pytest.raises(NameRefused):
        version_names.check_name(name, ONE, KNOWN)


@rule("R-25.1")
def test_version_keeps_its_own_name_and_names_are_of_any_language() -> None:
    assert version_names.check_name("AUTUMN menu", TWO, KNOWN) == "AUTUMN menu"
    assert version_names.check_name("осеннее меню (2-е)", ONE, KNOWN) == "осеннее меню (2-е)"
