"""A sound is recorded in the browser, heard, kept and chosen; where there is no microphone the page says so."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pbxsim.workbench.document.draft import Draft

from .conftest import CHROMIUM, FLAGS, Opener, Site, card
from .test_access import violations
from .test_phone import SOUND

pytestmark = pytest.mark.debian


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a microphone that beeps, which a page may use once it is allowed to."""
    flags = [*FLAGS, *(flag for flag in SOUND if flag != "--use-fake-ui-for-media-stream")]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM, args=flags, ignore_default_args=["--hide-scrollbars"]
        )
        yield made
        made.close()


def recorded(page: Page, name: str) -> None:
    """Two seconds of the microphone, heard, and named."""
    page.get_by_role("button", name="Record a sound").click()
    which = page.get_by_label("Microphone")
    expect(which).to_be_visible()
    which.select_option(index=which.locator("option").count() - 1)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    expect(page.get_by_role("timer")).to_have_text(
        re.compile("^0:(0[2-9]|[1-5][0-9])$")
    )  # a slow page leaves seconds out
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    field = page.get_by_label("Name, in Latin letters")
    expect(field).to_be_focused()
    expect(field).to_have_value("recording-1.wav")
    field.fill(name)


def test_a_sound_is_recorded_heard_kept_and_chosen(visit: Opener, site: Site) -> None:
    """R-05.2."""
    file = site.file.parent / "prompts" / "hello.wav"
    file.unlink(missing_ok=True)
    page = visit("design?lang=en&part=sounds")
    page.context.grant_permissions(["microphone"])
    recorded(page, "при вет")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text(re.compile("is no name of a sound"))).to_be_visible()
    page.get_by_label("Name, in Latin letters").fill("hello")
    heard = page.get_by_label("What was recorded")
    assert 2 <= heard.evaluate("sound => sound.duration") < 60
    heard.evaluate("sound => sound.play()")
    expect(heard).to_have_js_property("paused", False)
    found = violations(page)
    assert found == [], found
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("hello.wav", exact=True).last).to_be_visible()
    expect(page.get_by_role("button", name="Record a sound")).to_be_focused()

    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16000)
        length_s = sound.getnframes() / 16000
        assert max(abs(byte) for byte in memoryview(sound.readframes(sound.getnframes())).cast("h")) > 1000
    page.get_by_role("button", name="Flow", exact=True).click()
    card(page, "5000").locator(".wb-title").click()
    page.get_by_role("combobox", name="Sound", exact=True).click()
    page.locator("li:visible").filter(has_text="hello.wav").click()
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    expect(save).to_be_disabled()
    written = Draft(site.file.read_text(encoding="utf-8")).data
    assert written["elements"][5000]["prompt"] == "hello.wav"
    assert written["prompts"]["hello.wav"] == pytest.approx(length_s, abs=0.01)


def test_what_is_thrown_away_is_gone_and_a_refused_microphone_is_told(visit: Opener) -> None:
    page = visit("design?lang=ru&part=sounds")
    page.context.grant_permissions(["microphone"])
    page.get_by_role("button", name="Записать с микрофона").click()
    page.get_by_role("button", name="Начать").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("^0:(0[1-9]|[1-5][0-9])$"))
    page.get_by_role("button", name="Выбросить").click()
    expect(page.get_by_role("button", name="Записать с микрофона")).to_be_focused()
    expect(page.get_by_label("Что записано")).to_be_hidden()
    page.get_by_role("button", name="Записать с микрофона").click()
    page.get_by_role("button", name="Начать").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("^0:(0[1-9]|[1-5][0-9])$"))
    page.get_by_role("button", name="Схема", exact=True).click()
    page.get_by_role("button", name="Записи", exact=True).click()
    expect(page.get_by_label("Что записано")).to_be_visible()  # it does not go on unseen
    page.get_by_role("button", name="Выбросить").click()
    page.context.clear_permissions()
    page.get_by_role("button", name="Записать с микрофона").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("^Браузеру запрещён микрофон"))
