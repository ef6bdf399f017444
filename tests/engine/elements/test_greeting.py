"""Voice greetings and tone input (R-05)."""

from __future__ import annotations

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from tests.harness import Scene, drained, rule

MENU = "5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101, 2: 102}, no_input: 103, invalid: 102, MORE}"
PLAIN = "5000: {kind: greeting, prompt: welcome.wav, next: 101}"
DIAL = "5000: {kind: greeting, prompt: welcome.wav, dial_extension: true, no_input: 103, invalid: 102, KEYS}\n"


def menu(more: str = "") -> Scene:
    scene = Scene(MENU.replace(", MORE", f", {more}" if more else ""))
    scene.arrives(0)
    return scene


def over(scene: Scene, at: float) -> None:
    if "c1" in scene.engine.tenant.calls and not scene.engine.tenant.calls["c1"].over:
        scene.hangs_up(at)
    scene.until(at + 300)
    drained(scene.engine)


@rule("R-05.1", "R-05.7", "R-02.15")
def test_a_greeting_without_keys_answers_plays_once_and_leaves_by_next() -> None:
    scene = Scene(PLAIN)
    scene.arrives(0)
    assert scene.one(cmd.Answer) and scene.one(cmd.PlayPrompt).prompt == "welcome.wav"
    scene.presses(1, "1")
    scene.until(6)
    assert scene.path() == [(5000, "next"), (101, "")] and scene.times(note.ElementLeft) == [6.0]
    over(scene, 7)


@rule("R-05.1", "R-05.3")
def test_every_key_has_an_output_of_its_own() -> None:
    for key in "0123456789*#":
        scene = Scene(f'5000: {{kind: greeting, prompt: welcome.wav, keys: {{"{key}": 102}}}}')
        scene.arrives(0)
        assert scene.one(cmd.CollectKeys).keys == key
        scene.presses(1, key)
        assert scene.path() == [(5000, f"key {key}"), (102, "")]
        over(scene, 2)


@rule("R-05.2")
@pytest.mark.parametrize(
    "text", ["5000: {kind: greeting, next: 101}", "5000: {kind: greeting, prompt: none.wav, next: 101}"]
)
def test_a_greeting_without_its_file_is_an_error(text: str) -> None:
    with pytest.raises(FlowError, match=r"R-05"):
        Scene(text)


@rule("R-05.4")
def test_the_first_valid_key_stops_the_prompt() -> None:
    scene = menu()
    scene.presses(2, "1")
    assert scene.one(cmd.StopPrompt).play == "c1.p1" and scene.path()[-1] == (101, "")
    assert scene.one(note.KeyPressed).digit == "1"
    over(scene, 3)


@rule("R-05.4")
def test_without_barge_in_keys_wait_for_the_end_of_the_prompt() -> None:
    scene = menu("barge_in: false")
    scene.presses(2, "1")
    assert scene.path() == [(5000, "")] and not scene.all(cmd.StopPrompt)
    scene.presses(7, "1")
    assert scene.path() == [(5000, "key 1"), (101, "")]
    over(scene, 8)


@rule("R-05.4")
def test_keys_pressed_before_the_greeting_starts_are_dropped() -> None:
    scene = Scene("5200: {kind: queue, members: [101], max_wait: 10, timeout: 5000}\n" + MENU.replace(", MORE", ""))
    scene.arrives(0)
    scene.presses(9, "1")
    scene.until(10)
    assert scene.path() == [(5200, "timeout"), (5000, "")]
    over(scene, 11)


@rule("R-05.4", "R-05.6")
def test_a_wrong_key_does_not_stop_the_prompt() -> None:
    scene = menu()
    scene.presses(2, "7")
    assert not scene.all(cmd.StopPrompt)
    scene.presses(3, "1")
    assert scene.path()[-1] == (101, "")
    over(scene, 4)


@rule("R-05.5")
@pytest.mark.parametrize(("at", "in_time"), [(10.999, True), (11.001, False)])
def test_the_first_key_may_come_until_five_seconds_after_the_prompt(at: float, in_time: bool) -> None:
    scene = menu()
    scene.presses(at, "9")
    rounds = scene.times(cmd.PlayPrompt)
    assert rounds == [0.0, at if in_time else 11.0]
    over(scene, 12)


@rule("R-05.6")
def test_three_rounds_of_silence_leave_by_no_input() -> None:
    scene = menu("wrong_key_prompt: wrong.wav")
    scene.until(33)
    assert scene.times(cmd.PlayPrompt) == [0.0, 11.0, 22.0] and len(scene.all(cmd.CollectKeys)) == 3
    assert scene.path() == [(5000, "no_input"), (103, "")]
    decided = scene.one(note.DecisionMade)
    assert (decided.rule, decided.output) == ("R-05.6", "no_input")
    assert decided.others == ("key 1", "key 2", "invalid")
    over(scene, 34)


@rule("R-05.6")
def test_three_wrong_keys_leave_by_invalid_with_the_wrong_key_prompt_between() -> None:
    scene = menu("wrong_key_prompt: wrong.wav")
    for at in (7, 16, 25):
        scene.presses(at, "9")
    assert [m.prompt for m in scene.all(cmd.PlayPrompt)] == ["welcome.wav", "wrong.wav"] * 2 + ["welcome.wav"]
    assert scene.path() == [(5000, "invalid"), (102, "")]
    over(scene, 26)


@rule("R-05.6")
@pytest.mark.parametrize(("keys", "output"), [("9 .", "no_input"), (". 9", "invalid")])
def test_the_last_round_decides_which_output(keys: str, output: str) -> None:
    first, last = keys.split()
    scene = menu()
    at = 0.0
    for key in ("9", first, last):
        at = scene.times(cmd.PlayPrompt)[-1]
        if key == "9":
            scene.presses(at + 7, "9")
        else:
            scene.until(at + 11)
    assert scene.path()[0] == (5000, output)
    over(scene, at + 12)


@rule("R-05.6", "R-02.11")
@pytest.mark.parametrize("output", ["no_input", "invalid"])
def test_no_input_and_invalid_may_be_empty(output: str) -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101}}")
    scene.arrives(0)
    for n in range(3):
        if output == "invalid":
            scene.presses(n * 7 + 6.5, "9")
    scene.until(40)
    assert (scene.end().cause, scene.end().rule) == (Cause.NO_ROUTE_DESTINATION, "R-02.11")
    assert scene.path() == [(5000, output)]
    over(scene, 41)


@rule("R-05.6")
def test_keys_during_the_wrong_key_prompt_mean_nothing() -> None:
    scene = menu("wrong_key_prompt: wrong.wav")
    scene.presses(7, "9")
    scene.presses(8, "1")
    assert scene.path() == [(5000, "")]
    over(scene, 9)


# --- extensions (R-05.8) ----------------------------------------------------------------------------------------------


def dial(keys: str = "", users: str = "100 101 102 103 1001") -> Scene:
    text = DIAL.replace(", KEYS", f", keys: {{{keys}}}" if keys else "")
    scene = Scene(text + "5120: {kind: voicemail, recipients: [office@example.org]}", users)
    scene.arrives(0)
    return scene


def press_all(scene: Scene, digits: str, at: float = 1.0) -> float:
    for digit in digits:
        scene.presses(at, digit)
        at += 0.5
    return at


@rule("R-05.8")
def test_a_number_that_no_longer_one_can_extend_fires_at_once() -> None:
    scene = dial()
    press_all(scene, "101")
    assert scene.path() == [(5000, "extension"), (101, "")]
    over(scene, 3)


@rule("R-05.8", "R-05.5")
def test_a_number_that_a_longer_one_extends_waits_two_seconds() -> None:
    scene = dial()
    press_all(scene, "100")
    assert scene.path() == [(5000, "")]
    scene.until(4)
    assert scene.path() == [(5000, "extension"), (100, "")] and scene.times(note.ElementLeft) == [4.0]
    over(scene, 5)
    scene = dial()
    press_all(scene, "1001")
    assert scene.path()[-1] == (1001, "")
    over(scene, 5)


@rule("R-05.8")
def test_hash_ends_collection() -> None:
    scene = dial()
    press_all(scene, "100#")
    assert scene.path() == [(5000, "extension"), (100, "")] and scene.times(note.ElementLeft) == [2.5]
    over(scene, 5)


@rule("R-05.8")
def test_a_key_with_an_output_and_no_continuation_fires_at_once() -> None:
    scene = dial("1: 102, 9: 103")
    scene.presses(1, "9")
    assert scene.path() == [(5000, "key 9"), (103, "")]
    over(scene, 2)


@rule("R-05.8")
def test_a_key_that_may_begin_an_extension_waits_for_more() -> None:
    scene = dial("1: 102")
    scene.presses(1, "1")
    scene.until(3)
    assert scene.path() == [(5000, "key 1"), (102, "")] and scene.times(note.ElementLeft) == [3.0]
    over(scene, 4)


@rule("R-05.8")
def test_a_service_element_can_be_dialled() -> None:
    scene = dial()
    press_all(scene, "5120")
    assert scene.path() == [(5000, "extension"), (5120, "")]
    over(scene, 4)


@rule("R-05.8", "R-02.8")
@pytest.mark.parametrize("digits", ["112", "8916", "999", "0", "000"])
def test_nothing_outside_can_be_dialled_from_a_greeting(digits: str) -> None:
    scene = dial()
    scene.until(6.5)
    press_all(scene, digits, 7)
    scene.until(30)
    assert not [m for m in scene.all(cmd.PlaceLeg) if not isinstance(m.target, cmd.Devices)]
    over(scene, 31)


@rule("R-05.8")
def test_at_most_four_digits_are_collected() -> None:
    assert dial().one(cmd.CollectKeys).max_digits == 4
    assert menu().one(cmd.CollectKeys).max_digits == 1


# --- races ------------------------------------------------------------------------------------------------------------


@rule("R-05.4")
def test_a_prompt_that_ends_as_it_is_stopped_changes_nothing() -> None:
    scene = Scene(MENU.replace(", MORE", ""), obedient=False)
    scene.arrives(0)
    scene.presses(2, "1")
    scene.tell(2, ev.PromptEnded(play="c1.p1", reason="finished"))
    scene.until(10)
    assert scene.path() == [(5000, "key 1"), (101, "")]


@rule("R-05.6")
def test_a_prompt_that_cannot_be_played_counts_as_heard() -> None:
    scene = Scene(PLAIN, obedient=False)
    scene.arrives(0)
    scene.tell(0.1, ev.PromptEnded(play="c1.p1", reason="failed"))
    assert scene.path() == [(5000, "next"), (101, "")]
