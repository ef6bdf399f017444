"""baresip as a telephone: an independent implementation of SIP, RTP, Opus and SRTP, run with a folder of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.live_bridge.live import password
from tests.live_bridge.media.telephone import level, tone
from tests.ports import free_port

MODULES = Path("/usr/lib/baresip/modules")

CONFIG = """
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
audio_source aufile,{folder}/speech.wav
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
snd_path {folder}
module_path {modules}
module g711.so
{more}
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""


class Baresip:
    """One running baresip, that answers by itself and says one pitch; its folder has what it hears and what it logs."""

    def __init__(self, folder: Path, control: int, rate: int, channels: int) -> None:
        self.folder = folder
        self.rate = rate
        self._control = control
        self._channels = channels

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "log.txt").read_text()

    def command(self, name: str, params: str) -> None:
        """Have it do something, by its control port (a netstring of JSON)."""
        with socket.create_connection(("127.0.0.1", self._control), timeout=5) as control:
            said = json.dumps({"command": name, "params": params}).encode()
            control.sendall(b"%d:%s," % (len(said), said))
            control.recv(4096)

    def press(self, digits: str) -> None:
        """Send keys in its call, each once the one before it has ended; none is heard before its call is established."""
        self.wait_log("Call established", 20.0)
        for digit in digits:
            ended = f"send DTMF digit end: '{digit}'"
            before = self.log.count(ended)
            self.command("sndcode", digit)
            end_s = time.monotonic() + 20.0
            while self.log.count(ended) == before:
                assert time.monotonic() < end_s, self.log
                time.sleep(0.05)

    def heard(self) -> np.ndarray:
        """What it has written down of the other side."""
        samples = [np.zeros(0, np.int16)]
        for path in sorted(self.folder.glob("dump-*-dec.wav")):
            data = path.read_bytes()[44:]
            samples.append(np.frombuffer(data[: len(data) // 2 * 2], np.int16))
        return np.concatenate(samples)[:: self._channels]

    def wait_log(self, text: str, timeout_s: float = 15.0) -> None:
        """Wait until it has logged something; fails when it does not."""
        end_s = time.monotonic() + timeout_s
        while text not in self.log:
            assert time.monotonic() < end_s, self.log
            time.sleep(0.05)

    def wait_pitch(self, pitch_hz: float, timeout_s: float = 10.0) -> None:
        """Wait until it has heard a pitch lately; fails when it does not."""
        end_s = time.monotonic() + timeout_s
        while level(self.heard()[-self.rate :], pitch_hz, self.rate) < 0.1:
            found = level(self.heard()[-self.rate :], pitch_hz, self.rate)
            assert time.monotonic() < end_s, f"{pitch_hz:g} Hz at {found:.3f}\n{self.log}"
            time.sleep(0.1)


@contextmanager
def running(
    folder: Path,
    user: int,
    port: int,
    *,
    pitch_hz: float = 1000,
    account: str = "audio_codecs=PCMU/8000/1",
    modules: tuple[str, ...] = (),
    settings: str = "",
    rate: int = 8000,
    channels: int = 1,
    transport: str = "udp",
    sip_port: int = 0,
    register_s: int = 60,
) -> Iterator[Baresip]:
    """baresip as `user` of the bridge at a port, for as long as the context lasts. Its own SIP is at `sip_port`, or where
    there is room, and TLS one port higher where the settings name a certificate."""
    program = shutil.which("baresip")
    assert program is not None, "install Debian's baresip-core for this test"
    folder.mkdir(exist_ok=True)
    with wave.open(str(folder / "speech.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone(pitch_hz, 20.0, rate), channels).tobytes())
    control = free_port()
    more = "\n".join(f"module {name}.so" for name in modules)
    (folder / "config").write_text(
        CONFIG.format(sip_port=sip_port or free_port(), control_port=control, folder=folder, modules=MODULES, more=more)
        + settings
    )
    (folder / "accounts").write_text(
        f"<sip:{user}@127.0.0.1:{port};transport={transport}>;auth_user={user};auth_pass={password(user)};"
        f"answermode=auto;regint={register_s};{account}\n"
    )
    (folder / "contacts").write_text("")
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(
            [program, "-f", str(folder), "-t", "40"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        yield Baresip(folder, control, rate, channels)
        process.kill()  # it may turn in a circle and hear no request
