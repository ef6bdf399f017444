"""A bridge for one rehearsal: on loopback, in a folder of its own, with telephones for carriers, and nothing that goes out.

Decides its settings: ports nobody uses, every trunk led to a telephone of ours, no mail, no webhook, no API, no DNS. Sounds that
the document names and nobody has are made as silence of the length it says. Leaves running it to `service/`.
"""

from __future__ import annotations

import socket
import wave
from collections.abc import Mapping
from pathlib import Path

from engine.contract.ids import SECOND_US
from engine.state.flow import Flow
from live_bridge.config import LiveConfig, datasets
from live_bridge.config_sections import ListenConfig, MediaConfig, PeerConfig, TrunkConfig, WatchConfig
from live_bridge.media.sounds import LENGTH_TOLERANCE_US, prepare
from live_bridge.rehearsal.telephones import IP

MEDIA_PORTS = (10000, 19999)
"""RTP of the rehearsal: beside the ports of a bridge that runs here (20000 to 29999) and below those the system gives out."""

RATE = 8000


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((IP, 0))
        return int(probe.getsockname()[1])


def settings(
    document: Path, flow: Flow, folder: Path, port: int, carriers: Mapping[str, int], prompts: Path
) -> LiveConfig:
    """The bridge's `live.yaml`, as it were: `carriers` has the port of each trunk's telephone."""
    return LiveConfig(
        pbx=str(document),
        listen=(ListenConfig(host=IP, port=port),),
        media=MediaConfig(listen=(IP,), ports=MEDIA_PORTS),
        folder=folder / "bridge",
        prompts=sounds(flow, prompts, folder / "prompts", folder / "measured"),
        trunks={
            key: TrunkConfig(
                peers=(PeerConfig(host=IP, port=carrier),), host=IP, port=carrier, transport="udp", qualify=False
            )
            for key, carrier in carriers.items()
        },
        qualify_s=0,
        watch=WatchConfig(silent_after=0),
        drain=0.0,
    )


def sounds(flow: Flow, prompts: Path, made: Path, measured: Path) -> Path:
    """A folder with every sound of `prompts`, and silence for those of the document that are not, or of another length."""
    made.mkdir(parents=True, exist_ok=True)
    measured.mkdir(parents=True, exist_ok=True)
    for path in sorted(prompts.rglob("*")):
        target = made / path.relative_to(prompts)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.symlink_to(path.resolve())
    for name, length_s in flow.head.prompts.items():
        path = made / name
        if path.exists():
            length_us = int(prepare(path, name, measured).length_us)
            if abs(length_us - round(length_s * SECOND_US)) <= LENGTH_TOLERANCE_US:
                continue
            path.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".wav":
            _silence(path, length_s)
    return made


def _silence(path: Path, length_s: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * max(1, round(length_s * RATE))))


def shipped_prompts() -> Path:
    """The sounds that come with the project."""
    return datasets() / "prompts"
