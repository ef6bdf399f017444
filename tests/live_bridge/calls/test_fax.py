"""Faxes by T.38: passed on packet by packet where both ends take it, refused where one does not, and back to sound."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.contract import notes as note
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.media_watch import MediaWatch
from live_bridge.config_sections import WatchConfig
from live_bridge.media.session import Stats
from live_bridge.sip.loop import the_loop
from tests.live_bridge.live import OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, status
from tests.live_bridge.sip.talk import hear_each_other, port_in
from tests.ports import free_port, media_ports

ATTRIBUTES = (
    "T38FaxVersion:0",
    "T38MaxBitRate:14400",
    "T38FaxRateManagement:transferredTCF",
    "T38FaxUdpEC:t38UDPRedundancy",
)
SIPP = Path(__file__).parent / "sipp"
PACKETS = 100


class FaxPhone(Phone):
    """A telephone with a fax machine at a port of its own; `takes_fax` says how it answers one that is offered: 200, 488, or 0
    for a 200 that refuses the stream."""

    takes_fax = 200

    def __init__(self, *words: object, **options: object) -> None:
        super().__init__(*words, **options)  # type: ignore[arg-type]
        self.fax = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.fax.bind(("127.0.0.1", 0))
        self.fax.settimeout(10.0)

    def close(self) -> None:
        super().close()
        self.fax.close()

    def image(self, version: int, before: str = "", port: int | None = None) -> str:
        """A description of its fax machine."""
        own = self.fax.getsockname()[1] if port is None else port
        lines = "".join(f"a={line}\r\n" for line in ATTRIBUTES)
        return (
            f"v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{before}"
            f"m=image {own} udptl t38\r\n{lines}"
        )

    def _request(self, message: str, source: tuple[str, int], known: bool) -> None:
        if message.startswith("INVITE") and "m=image" in message and "m=audio" not in message.replace("m=audio 0", ""):
            if self.takes_fax == 488:
                self.reply(message, 488, to=source)
            else:
                self.reply(message, 200, self.image(7, port=None if self.takes_fax else 0), to=source)
            return
        super()._request(message, source, known)


@pytest.fixture
def make(bridge: Live) -> Iterator[Callable[..., FaxPhone]]:
    made: list[FaxPhone] = []

    def phone(name: str, **options: object) -> FaxPhone:
        made.append(FaxPhone(name, bridge.address, **options))
        return made[-1]

    yield phone
    for one in made:
        one.close()


@pytest.fixture
def bridge(start_live: Callable[..., Live]) -> Iterator[Live]:
    """A bridge that hangs up talks in which a side is silent for two seconds."""
    live = start_live(algorithms=("MD5",))  # SIPp gives up at a challenge with SHA-256
    controller = live.driver.ask_inside(lambda controller: controller)
    watch = MediaWatch(controller, the_loop(), WatchConfig(silent_after=2, hang_up=True))
    live.driver.subscribe(watch.take)
    yield live
    watch.close()


def talk(bridge: Live, make: Callable[..., FaxPhone]) -> tuple[FaxPhone, Dialog, str, FaxPhone, Dialog, str]:
    """Two users in talk: caller, its dialog and answer, the called phone, its dialog and the offer it got."""
    sender, receiver = make("103"), make("104")
    assert status(receiver.register(password(104), algorithm="MD5")) == 200
    receiver.on_invite = [(0.0, 180), (0.0, 200)]
    dialog, answer = sender.call("104", password=password(103))
    assert status(answer) == 200
    bridge.wait_inside(lambda controller: all(call.bridged is not None for call in controller.executor.calls.values()))
    return sender, dialog, answer, receiver, receiver.called(), receiver.heard("INVITE")[0]


def image_port(message: str) -> int:
    return int(message.split("m=image ")[1].split()[0])


def pass_packets(one: FaxPhone, to_one: int, other: FaxPhone, to_other: int) -> None:
    """UDPTL packets of any bytes go both ways, each as it is; some look like keys of RFC 4733."""
    for number in range(PACKETS):
        packet = struct.pack(">H", number * 331 % 65536) + b"\x06\x01" + bytes([number] * (number % 40 + 1))
        for sender, port, hearer in ((one, to_one, other), (other, to_other, one)):
            sender.fax.sendto(packet, ("127.0.0.1", port))
            assert hearer.fax.recv(2000) == packet


def test_fax_passes_where_both_ends_take_it_and_they_come_back_to_sound(
    bridge: Live, make: Callable[..., FaxPhone]
) -> None:
    """As machines do: the one that was called asks for T.38; the watch does not take the silence of sound for a loss."""
    sender, dialog, answer, receiver, called, offer = talk(bridge, make)
    taken = receiver.request(called, "INVITE", receiver.image(2))
    assert status(taken) == 200
    asked = sender.heard("INVITE")[-1]
    for message in (taken, asked):
        assert "m=audio" not in message and [f"a={line}" in message for line in ATTRIBUTES] == [True] * 4
    pass_packets(sender, image_port(asked), receiver, image_port(taken))
    again = receiver.request(called, "INVITE", receiver.image(2))
    assert image_port(again) == image_port(taken), "a refreshed session stays where it is"
    time.sleep(3.0)
    assert bridge.driver.calls_in_progress() == 1, "no sound is not lost media while a fax runs"
    back = sender.request(dialog, "INVITE", sender.sdp(version=3))
    assert status(back) == 200
    assert port_in(back) == port_in(answer) and port_in(receiver.heard("INVITE")[-1]) == port_in(offer)
    hear_each_other(sender, port_in(back), receiver, port_in(receiver.heard("INVITE")[-1]))
    assert bridge.driver.ask_inside(lambda controller: all(c.fax is None for c in controller.executor.calls.values()))
    sender.hang_up(dialog)
    bridge.wait_idle()


def test_caller_with_two_lines_gets_both_answered(bridge: Live, make: Callable[..., FaxPhone]) -> None:
    """Some write the image beside a line of audio with port 0."""
    sender, dialog, _, receiver, _, _ = talk(bridge, make)
    taken = sender.request(dialog, "INVITE", sender.image(2, before="m=audio 0 RTP/AVP 0\r\n"))
    assert status(taken) == 200
    assert [line.split()[0] for line in taken.split("\r\n") if line.startswith("m=")] == ["m=audio", "m=image"]
    assert "m=audio 0 " in taken
    pass_packets(sender, image_port(taken), receiver, image_port(receiver.heard("INVITE")[-1]))
    receiver.hang_up(receiver.called())
    bridge.wait_idle()


def test_caller_whose_first_offer_has_sound_and_a_fax_talks_and_then_sends_it(
    bridge: Live, make: Callable[..., FaxPhone]
) -> None:
    """Sound is taken at first, as nobody knows yet who answers; then one end asks for T.38, in the place it was offered in."""
    sender, receiver = make("103"), make("104")
    assert status(receiver.register(password(104), algorithm="MD5")) == 200
    both = sender.sdp() + sender.image(1).partition("t=0 0\r\n")[2]
    dialog, answer = sender.call("104", password=password(103), body=both)
    assert status(answer) == 200 and image_port(answer) == 0 and port_in(answer).port > 0
    bridge.wait_note(note.CallAnswered, user=104)
    taken = receiver.request(receiver.called(), "INVITE", receiver.image(2))
    assert status(taken) == 200
    asked = sender.heard("INVITE")[-1]
    assert [line.split()[0] for line in asked.split("\r\n") if line.startswith("m=")] == ["m=audio", "m=image"]
    pass_packets(sender, image_port(asked), receiver, image_port(taken))
    sender.hang_up(dialog)
    bridge.wait_idle()


def test_fax_alone_in_the_first_offer_passes_to_whoever_takes_it_and_both_may_come_to_sound(
    bridge: Live, make: Callable[..., FaxPhone]
) -> None:
    """The called machine is offered what the caller offered, and nothing else; its attributes are the caller's answer."""
    sender, receiver = make("103", payload=8), make("104", payload=8)
    assert status(receiver.register(password(104), algorithm="MD5")) == 200
    dialog, answer = sender.call("104", password=password(103), body=sender.image(1))
    assert status(answer) == 200 and "m=audio" not in answer
    (offer,) = receiver.heard("INVITE")
    for message in (offer, answer):
        assert "m=audio" not in message and [f"a={line}" in message for line in ATTRIBUTES] == [True] * 4
    bridge.wait_note(note.CallAnswered, user=104)
    pass_packets(sender, image_port(answer), receiver, image_port(offer))
    again = sender.request(dialog, "INVITE", sender.image(2))
    assert status(again) == 200 and image_port(again) == image_port(answer), "a refreshed session stays where it is"
    back = sender.request(dialog, "INVITE", sender.sdp(version=3))
    assert status(back) == 200
    hear_each_other(sender, port_in(back), receiver, port_in(receiver.heard("INVITE")[-1]))
    sender.hang_up(dialog)
    bridge.wait_idle()


@pytest.mark.parametrize("refusal", [488, 0])
def test_fax_alone_that_nobody_takes_is_refused_and_its_sender_comes_with_sound(
    bridge: Live, make: Callable[..., FaxPhone], refusal: int
) -> None:
    sender, receiver = make("103"), make("104")
    receiver.takes_fax = refusal
    assert status(receiver.register(password(104), algorithm="MD5")) == 200
    _, answer = sender.call("104", password=password(103), body=sender.image(1))
    assert status(answer) == 488 and len(receiver.heard("INVITE")) == 1
    dialog, answer = sender.call("104", password=password(103))
    assert status(answer) == 200
    sender.hang_up(dialog)
    bridge.wait_idle()


def test_fax_alone_to_the_flow_is_refused(bridge: Live, make: Callable[..., FaxPhone]) -> None:
    """A greeting would speak: there is nobody to take it yet."""
    caller = make("84955551000", port=OPERATOR)
    _, answer = caller.call("78121234567", body=caller.image(1))
    assert status(answer) == 488
    bridge.wait_note(note.CallEnded)
    bridge.wait_idle()


@pytest.mark.parametrize("refusal", [488, 0])
def test_end_that_does_not_take_it_keeps_the_fax_in_sound(
    bridge: Live, make: Callable[..., FaxPhone], refusal: int
) -> None:
    sender, dialog, answer, receiver, called, _ = talk(bridge, make)
    sender.takes_fax = refusal
    assert status(receiver.request(called, "INVITE", receiver.image(2))) == 488
    if refusal == 0:
        sender.wait(lambda m: m.startswith("INVITE") and "m=audio" in m)
    hear_each_other(sender, port_in(answer), receiver, port_in(receiver.heard("INVITE")[0]))
    sender.hang_up(dialog)
    bridge.wait_idle()


def test_fax_to_the_flow_alone_is_refused(bridge: Live, make: Callable[..., FaxPhone]) -> None:
    caller = make("84955551000", port=OPERATOR)
    dialog, answer = caller.call("78121234567")
    assert status(answer) == 200
    assert status(caller.request(dialog, "INVITE", caller.image(2))) == 488
    caller.hang_up(dialog)
    bridge.wait_idle()


def _write_pcap(path: Path) -> None:
    """A capture of UDPTL packets, 20 ms apart: Ethernet, IPv4, UDP."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(PACKETS):
            data = struct.pack(">H", number) + b"\x06\x01\x02\x03\x04\x05"
            udp = struct.pack(">HHHH", 6000, 6002, 8 + len(data), 0) + data
            ip = struct.pack(
                ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1"
            )
            frame = b"\0" * 12 + b"\x08\0" + ip + udp
            file.write(struct.pack("<IIII", number // 50, number % 50 * 20000, len(frame), len(frame)) + frame)


def _scenarios(folder: Path, is_first: bool) -> tuple[Path, Path]:
    """Those of the called one and of the caller; with `is_first` the fax is in the first offer, and no sound ever."""
    called, calls = ((SIPP / name).read_text(encoding="utf-8") for name in ("fax_called.xml", "fax_caller.xml"))
    if is_first:
        image = calls[calls.index("m=image") : calls.index("]]>", calls.index("m=image"))]
        calls = (
            calls[: calls.index('<recv request="INVITE" timeout')]
            + calls[calls.index('<pause milliseconds="1000"/>') :]
        )
        called = (
            called[: called.index('<recv request="INVITE"')]
            + '<recv request="INVITE" rrs="true"/>'
            + called[called.index("</recv>") + 7 : called.index('<pause milliseconds="500"/>')]
            + '<pause milliseconds="1000"/>'
            + called[called.index("<nop>") :]
        )
        called, calls = (text.replace("m=audio [media_port] RTP/AVP 8\n", image) for text in (called, calls))
        assert "m=audio" not in called + calls
    for name, text in (("called.xml", called), ("caller.xml", calls)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "called.xml", folder / "caller.xml"


@pytest.mark.debian
@pytest.mark.parametrize("is_first", [False, True], ids=["by re-INVITE", "in the first INVITE"])
def test_sipp_at_both_ends_sends_a_fax_through(
    bridge: Live, make: Callable[..., FaxPhone], tmp_path: Path, is_first: bool
) -> None:
    """SIPp calls and SIPp is called; one of them asks for T.38, and both send a capture of UDPTL packets."""
    sipp = shutil.which("sipp")
    assert sipp is not None, "install Debian's sip-tester (SIPp) for this test"
    _write_pcap(tmp_path / "t38.pcap")
    port = free_port()
    registrant = make("104")
    assert status(registrant.register(password(104), contact=f"<sip:104@127.0.0.1:{port}>", algorithm="MD5")) == 200
    common = ["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "40", "-trace_err"]
    of_called, of_caller = _scenarios(tmp_path, is_first)
    called = [sipp, "-sf", str(of_called), "-p", str(port), "-mp", str(media_ports(8)[0]), *common]
    calls = [sipp, f"127.0.0.1:{bridge.port}", "-sf", str(of_caller), "-s", "104", "-au", "103", "-ap",
             password(103), "-p", str(free_port()), "-mp", str(media_ports(8)[0]),
             "-auth_uri", f"104@127.0.0.1:{bridge.port}", *common]  # fmt: skip
    silent: dict[str, Any] = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
    with (
        subprocess.Popen(called, cwd=tmp_path, **silent) as one,
        subprocess.Popen(calls, cwd=tmp_path, **silent) as two,
    ):
        bridge.wait_note(note.CallAnswered, user=104)
        counted: list[Stats | None] = []

        def look(controller: CallController) -> bool:
            for call in controller.executor.calls.values():
                if call.fax is not None:
                    call.fax.stats(counted.append)
            last = counted[-1] if counted else None
            return last is not None and last.from_a >= PACKETS and last.from_b >= PACKETS

        bridge.wait_inside(look)
        assert counted[-1] == Stats(from_a=PACKETS, from_b=PACKETS, relayed=2 * PACKETS, dropped=0)
        bridge.driver.ask_inside(CallController.hang_up_all)
        told = "".join(path.read_text() for path in tmp_path.glob("*errors*"))
        assert (one.wait(40), two.wait(40)) == (0, 0), told
    bridge.wait_idle()
