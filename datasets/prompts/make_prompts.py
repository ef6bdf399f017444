"""Makes every sound in this folder. Run once, by hand, when a text changes:

    sudo apt-get install espeak-ng
    python datasets/prompts/make_prompts.py      # or make prompts

Speech is eSpeak NG's, beep and music are synthesised here; nothing is downloaded and nothing is drawn at random, so the
same version of eSpeak NG gives the same files. Every length is a whole number of 20 ms packets. Afterwards the measured
lengths are printed as the `prompts:` section of a PBX document.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from collections.abc import Mapping
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from live_bridge.media.spoken_words import TEXTS

Sound = npt.NDArray[np.float64]

FOLDER = Path(__file__).resolve().parent
SPEECH_RATE = 16000
SMALL_RATE = 8000
PEAK = 0.5
"""Highest sample of speech, full scale being 1; telephones clip above."""

GREETINGS = {
    "en": {
        "welcome": "Thank you for calling. For sales, press 1. For support, press 2.",
        "closed": "Our office is closed now. We work from Monday to Friday.",
        "leave-a-message": "Please leave a message after the tone.",
        "box-full": "This mailbox is full. Please call again later.",
        "wrong-key": "There is no such choice.",
    },
    "ru": {
        "welcome": "Спасибо, что позвонили. Отдел продаж — нажмите 1. Поддержка — нажмите 2.",
        "closed": "Наш офис сейчас закрыт. Мы работаем с понедельника по пятницу.",
        "leave-a-message": TEXTS["ru"]["leave-a-message"],
        "box-full": TEXTS["ru"]["box-full"],
        "wrong-key": "Такого пункта нет.",
    },
}
ENDINGS = {"en": "", "ru": "-ru"}
"""What the names of greetings have after them: `welcome.wav` is English, `welcome-ru.wav` is Russian."""

VOICES = {"en": "en-us", "ru": "ru"}


def spoken(text: str, voice: str, rate: int) -> Sound:
    """`text` as eSpeak NG says it, silence around it cut to 40 ms, peak at `PEAK`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-g", "2", "-w", str(path), text], check=True)
        with wave.open(str(path), "rb") as file:
            own_rate = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768
    common = gcd(own_rate, rate)
    sound = resample_poly(sound, rate // common, own_rate // common)
    loud = np.nonzero(np.abs(sound) > 0.01)[0]
    around = int(0.04 * rate)
    sound = sound[max(0, loud[0] - around) : loud[-1] + around]
    return sound * (PEAK / np.abs(sound).max())


def beep(rate: int) -> Sound:
    """The tone before a voice message: 1000 Hz for 0.4 s, with soft ends."""
    time = np.arange(int(0.4 * rate)) / rate
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    return 0.3 * edge * np.sin(2 * np.pi * 1000 * time)


def music(rate: int, length_s: float = 20.0) -> Sound:
    """Broken chords on a soft bell, made to be looped: what rings on at the end rings on at the start."""
    chords = [(60, 64, 67, 72), (57, 60, 64, 69), (53, 57, 60, 65), (55, 59, 62, 67)] * 2
    step_s = length_s / (len(chords) * 8)
    total = int(length_s * rate)
    out = np.zeros(total)
    ring = np.arange(int(1.6 * rate)) / rate
    for bar, chord in enumerate(chords):
        for beat, voice in enumerate((0, 1, 2, 3, 2, 1, 2, 1)):
            pitch = 440 * 2 ** ((chord[voice] - 69) / 12)
            bell = sum(np.sin(2 * np.pi * pitch * n * ring) * w for n, w in ((1, 1.0), (2, 0.35), (3, 0.1)))
            start = int((bar * 8 + beat) * step_s * rate)
            places = (start + np.arange(len(ring))) % total
            np.add.at(out, places, bell * np.exp(-3.2 * ring) * np.minimum(1, ring / 0.005))
    return out * (0.25 / np.abs(out).max())


def save(name: str, sound: Sound, rate: int) -> float:
    """Write 16-bit mono, filled up with silence to whole packets of 20 ms; the length in seconds."""
    packet = rate // 50
    sound = np.append(sound, np.zeros(-len(sound) % packet))
    path = FOLDER / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
    return len(sound) / rate


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """What each sound of a folder says."""
    lines = "".join(f"{name}\t{text}\n" for name, text in texts.items())
    (folder / "texts.tsv").write_text(lines, encoding="utf-8")


def main() -> int:
    lengths, said = {}, {}
    for language, greetings in GREETINGS.items():
        for word, text in greetings.items():
            name = word + ENDINGS[language]
            lengths[name] = save(name, spoken(text, VOICES[language], SPEECH_RATE), SPEECH_RATE)
            said[name] = text
    write_texts(FOLDER, said)
    lengths["beep"] = save("beep", beep(SMALL_RATE), SMALL_RATE)
    lengths["music"] = save("music", music(SMALL_RATE), SMALL_RATE)
    for language, texts in TEXTS.items():
        for word, text in texts.items():
            save(f"phrases/{language}/{word}", spoken(text, VOICES[language], SMALL_RATE), SMALL_RATE)
        write_texts(FOLDER / "phrases" / language, texts)
    print("prompts:")
    for name, length_s in lengths.items():
        print(f"  {name}.wav: {length_s:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
