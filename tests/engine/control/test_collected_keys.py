"""Which keys a flow asks for: others go no further than the driver, and stand in no journal. That they change nothing is held by
`Scene` for every key of every test."""

from __future__ import annotations

from engine.contract import events as ev
from tests.harness import Scene, rule

QUEUE = (
    "5000: {kind: queue, name: Q, strategy: longest_idle, members: [101], max_wait: 60, timeout: 102, exit_key: '0', "
    "exit: 103, callback_key: '9', callback_done: 102}"
)


def asked(scene: Scene, digits: str = "0123456789*#", leg: str | None = None) -> str:
    """The keys that are asked for now."""
    return "".join(d for d in digits if scene.engine.collects(ev.DigitPressed(call="c1", digit=d, leg=leg)))


@rule("R-05.3")
def test_menu_asks_for_every_key_while_it_listens_and_for_none_otherwise() -> None:
    menu = "5000: {kind: greeting, prompt: welcome.wav, keys: {1: 101}, no_input: 102, invalid: 102, MORE}"
    scene = Scene(menu.replace(", MORE", ""))
    assert asked(scene) == "", "nobody calls"
    scene.arrives(0)
    assert asked(scene) == "0123456789*#", "a wrong one counts, too"
    scene.presses(1, "1")
    scene.answers(2, "c1.1")
    assert asked(scene) == "" and asked(scene, leg="c1.1") == "", "two people talk"
    late = Scene(menu.replace("MORE", "barge_in: false"))
    late.arrives(0)
    assert asked(late) == ""


@rule("R-05.7")
def test_greeting_without_keys_asks_for_none() -> None:
    scene = Scene("5000: {kind: greeting, prompt: welcome.wav, next: 101}")
    scene.arrives(0)
    assert asked(scene) == ""


@rule("R-08.14", "R-08.19")
def test_queue_asks_for_its_two_keys_until_somebody_talks() -> None:
    scene = Scene(QUEUE)
    scene.arrives(0)
    assert asked(scene) == "09"
    scene.answers(1, "c1.1")
    assert asked(scene) == ""


@rule("R-09.3")
def test_voice_message_ends_by_one_key() -> None:
    scene = Scene("5000: {kind: voicemail, prompt: welcome.wav, recipients: [a@example.org]}")
    scene.arrives(0)
    assert asked(scene) == "#"


def test_keys_of_a_call_or_leg_that_is_over_are_not_asked_for() -> None:
    scene = Scene(QUEUE)
    scene.arrives(0)
    assert asked(scene, leg="c1.77") == ""
    scene.hangs_up(1)
    assert asked(scene) == ""
