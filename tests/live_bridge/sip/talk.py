"""Two phones in talk: where each sends its sound, and whether they hear each other."""

from __future__ import annotations

import re
import threading

from live_bridge.media.session import Address
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Phone

SAID_S = 0.8


def port_in(message: str) -> Address:
    """Where a session description wants audio, on loopback."""
    return Address("127.0.0.1", int(message.split("m=audio ")[1].split()[0]))


def hear_each_other(one: Phone, to_one: Address, other: Phone, to_other: Address) -> None:
    """Both speak at once; `to_one` is where `one` sends. Fails when either does not hear the other's tone, or gets anything but
    the codec it speaks."""
    one.media.forget()
    other.media.forget()
    speaking = threading.Thread(target=one.media.say, args=(tone(700, SAID_S), to_one))
    speaking.start()
    other.media.say(tone(1500, SAID_S), to_other)
    speaking.join()
    other.media.wait_pitch(700)
    one.media.wait_pitch(1500)
    for phone in (one, other):
        kinds = {packet[1] & 0x7F for packet in phone.media.packets}
        assert kinds <= {phone.payload}, f"{phone.name} got {kinds}"


def heard_at(message: str) -> Address:
    """Where a description wants audio, of either version."""
    host = re.search(r"^c=IN IP[46] (\S+)", message, re.MULTILINE)
    assert host is not None, message
    return Address(host.group(1).strip(), int(message.split("m=audio ")[1].split()[0]))
