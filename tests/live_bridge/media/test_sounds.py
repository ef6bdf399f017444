"""Sounds people bring: what is taken, what is refused, and how long they are (R-05.2)."""

from __future__ import annotations

import shutil
import struct
import sys
import wave
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from engine.contract import commands as cmd
from engine.loading.load import load
from live_bridge.media import audiofile, codecs, phrases
from live_bridge.media.audiofile import AudioFileError, read_audio
from live_bridge.media.recording import Mp3Unavailable, to_mp3
from live_bridge.media.sounds import SoundError, Sounds, prepare
from live_bridge.media.spoken_words import LANGUAGES, TEXTS
from tests.live_bridge.media.conftest import write_tone
from tests.live_bridge.media.telephone import level, tone

DATASETS = Path(__file__).parents[3] / "datasets"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    return Sounds(DATASETS / "prompts", tmp_path_factory.mktemp("prepared"))


def write(path: Path, data: bytes, rate: int, width: int, channels: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_of_any_rate_width_and_channels_is_read_at_its_level(
    tmp_path: Path, rate: int, width: int, channels: int
) -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate) * 0.5
    whole = np.rint(sine * 2 ** (8 * width - 1)).astype(np.int64)
    if width == 1:
        data = (whole + 128).astype(np.uint8).tobytes()
    else:
        data = b"".join(int(sample).to_bytes(width, "little", signed=True) for sample in whole)
    frames = b"".join(data[i : i + width] * channels for i in range(0, len(data), width))
    write(tmp_path / "x.wav", frames, rate, width, channels)
    samples = read_audio(tmp_path / "x.wav", 8000)
    assert abs(len(samples) - 8000) <= 1
    assert level(samples[1000:7000], 1000) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("payload", codecs.PAYLOADS)
def test_each_codec_gives_back_what_it_took(payload: int) -> None:
    rate = codecs.SAMPLE_RATE[payload]
    sound = tone(1000, 1.0, rate, 0.4)
    data = codecs.encode(sound, payload)
    assert len(data) == codecs.BYTES_A_SECOND
    back = codecs.Decoder(payload).decode(data)
    assert level(back, 1000, rate) == pytest.approx(0.4, abs=0.03) and level(back, 2300, rate) < 0.02


def test_g711_codes_survive_decoding_and_encoding() -> None:
    """G.711: every code is the nearest to its own value. Mu-law has two zeros, which become one."""
    codes = np.arange(256, dtype=np.uint8)
    for payload, twins in ((codecs.PCMU, {0x7F: 0xFF}), (codecs.PCMA, {})):
        again = codecs.encode(codecs.Decoder(payload).decode(codes.tobytes()), payload)
        assert list(again) == [twins.get(int(code), int(code)) for code in codes]


def test_g711_known_values() -> None:
    """ITU-T G.711, tables 1a to 2b: ends and zero."""
    ends = np.array([0, 32767, -32768], dtype=np.int16)
    assert codecs.encode(ends, codecs.PCMU) == bytes([0xFF, 0x80, 0x00])
    assert codecs.encode(ends, codecs.PCMA) == bytes([0xD5, 0xAA, 0x2A])
    with pytest.raises(KeyError):
        codecs.encode(ends, 18)
    with pytest.raises(KeyError):
        codecs.Decoder(18)


def test_mp3_is_read_and_written(tmp_path: Path) -> None:
    write_tone(tmp_path / "x.wav", 1000, 2.0, 16000)
    to_mp3(tmp_path / "x.wav", tmp_path / "x.mp3")
    assert (tmp_path / "x.mp3").stat().st_size < 16000
    samples = read_audio(tmp_path / "x.mp3", 8000)
    assert 1.9 < len(samples) / 8000 < 2.3 and level(samples[4000:12000], 1000) > 0.2


def test_without_the_packages_programs_are_used_and_without_those_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tone(tmp_path / "x.wav", 1000, 1.0)
    to_mp3(tmp_path / "x.wav", tmp_path / "x.mp3")
    monkeypatch.setitem(sys.modules, "lameenc", None)
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(Mp3Unavailable, match="install the lameenc package"):
        to_mp3(tmp_path / "x.wav", tmp_path / "y.mp3")
    with pytest.raises(AudioFileError, match="install the miniaudio package"):
        read_audio(tmp_path / "x.mp3", 8000)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.wav", b"not a wav", "not a WAV with PCM samples"),
        ("x.wav", b"", "not a WAV with PCM samples"),
        ("x.mp3", b"not an mp3", "not an MP3"),
    ],
)
def test_file_that_is_no_sound_is_refused_by_name(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AudioFileError, match=words) as refusal:
        read_audio(tmp_path / name, 8000)
    assert name in str(refusal.value)


def test_sound_that_is_too_long_too_large_or_empty_is_refused(tmp_path: Path) -> None:
    """R-05.2: 5 minutes, 10 MB."""
    write(tmp_path / "long.wav", bytes(2 * 4000 * 301), 4000, 2, 1)
    (tmp_path / "large.wav").write_bytes(bytes(10 * 1024 * 1024 + 1))
    write(tmp_path / "empty.wav", b"", 8000, 2, 1)
    for name, words in (("long", "longer than 5 minutes"), ("large", "at most 10 MB"), ("empty", "holds no sound")):
        with pytest.raises(SoundError, match=words):
            prepare(tmp_path / f"{name}.wav", name, tmp_path)


def test_folder_that_is_missing_or_cannot_be_said_to_rtpio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="no such prompts folder"):
        Sounds(tmp_path / "none", tmp_path)
    (tmp_path / "a b").mkdir()
    with pytest.raises(SoundError, match="no spaces"):
        Sounds(tmp_path, tmp_path / "a b")


def test_sound_is_prepared_once_and_anew_when_it_changes(tmp_path: Path) -> None:
    folder, prepared = tmp_path / "in", tmp_path / "out"
    write_tone(folder / "Добро пожаловать.wav", 1000, 1.0)
    first = Sounds(folder, prepared)["Добро пожаловать.wav"]
    stamps = {path: path.stat().st_mtime_ns for path in prepared.iterdir()}
    assert Sounds(folder, prepared)["Добро пожаловать.wav"] == first
    assert {path: path.stat().st_mtime_ns for path in prepared.iterdir()} == stamps and len(stamps) == 3
    write_tone(folder / "Добро пожаловать.wav", 1000, 1.5)
    second = Sounds(folder, prepared)["Добро пожаловать.wav"]
    assert second.stem != first.stem and second.length_us == 1_500_000 and first.length_us == 1_000_000
    assert first.stem.with_name(first.stem.name + ".0").exists(), "calls under way go on hearing the old one"


def test_table_of_lengths_is_held_to_the_files_within_50_ms(tmp_path: Path) -> None:
    write_tone(tmp_path / "in" / "x.wav", 1000, 1.0)
    sounds = Sounds(tmp_path / "in", tmp_path / "out")
    assert sounds.check({"x.wav": 1.05}) == [] == sounds.check({"x.wav": 0.951})
    assert sounds.check({"x.wav": 1.06}) == ["prompts: x.wav is 1.000 s long, the document says 1.060 s: write 1.00"]
    assert "y.wav is not in" in sounds.check({"y.wav": 1.0})[0]


def test_example_has_every_sound_at_its_length(shipped: Sounds) -> None:
    flow = load((DATASETS / "pbx" / "example" / "pbx.yaml").read_bytes())
    assert shipped.check(flow.head.prompts) == []
    size = sum(path.stat().st_size for path in (DATASETS / "prompts").rglob("*.wav"))
    assert size < 4_500_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_position_up_to_the_largest_queue_can_be_said(shipped: Sounds, language: str) -> None:
    """R-08.13, R-08.17."""
    for place in range(1, 501):
        assert all(name in shipped for name in phrases.position(place, place * 60_000_000, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_spoken_in_both_languages_from_the_text_that_stands_here(shipped: Sounds, language: str) -> None:
    """R-09.6, R-15.11: what lies there was spoken from these texts, is neither silent nor cut, and as long as it must be."""
    folder = DATASETS / "prompts" / "phrases" / language
    spoken = dict(line.split("\t") for line in (folder / "texts.tsv").read_text(encoding="utf-8").splitlines())
    assert spoken == TEXTS[language], "run `make prompts` after a change of the texts"
    assert {path.stem for path in folder.glob("*.wav")} == spoken.keys()
    spoken_as_written(folder, spoken)


def test_greetings_of_ours_are_spoken_in_both_languages(shipped: Sounds) -> None:
    folder = DATASETS / "prompts"
    spoken = dict(line.split("\t") for line in (folder / "texts.tsv").read_text(encoding="utf-8").splitlines())
    assert {path.stem for path in folder.glob("*.wav")} == {*spoken, "beep", "music"}
    english = {word for word in spoken if not word.endswith("-ru")}
    assert len(english) == 5 and {f"{word}-ru" for word in english} == spoken.keys() - english
    spoken_as_written(folder, spoken)


def spoken_as_written(folder: Path, spoken: dict[str, str]) -> None:
    for word, text in spoken.items():
        with wave.open(str(folder / f"{word}.wav")) as file:
            rate = file.getframerate()
        samples = (
            read_audio(folder / f"{word}.wav", rate).astype(float) / 32767
        )  # as it lies there: its peak is that of the file
        length_s = len(samples) / rate
        assert 0.08 < length_s < 0.8 + 0.16 * len(text), f"{word}: {length_s:.2f} s for {len(text)} letters"
        loud = np.sqrt((samples**2).mean())
        assert 0.03 < loud < 0.3 and np.abs(samples).max() == pytest.approx(0.5, abs=0.01), f"{word}: {loud:.3f}"


def test_everything_the_engine_says_has_words_in_both_languages(shipped: Sounds) -> None:
    """R-09.6, R-15.11: counts of messages up to a full box of each kind, any number read out."""
    for language in LANGUAGES:
        for name in get_args(cmd.Phrase):
            numbers = {"messages": (1, 2), "message": (7,)}.get(name, ())
            digits = "0123456789" if name in ("forward", "message") else ""
            assert shipped.said(name, numbers, digits, language) is not None, f"{language}: {name}"
        for count in range(1, 101):
            for numbers in ((count, 0), (0, count), (count, count)):
                assert shipped.said("messages", numbers, "", language) is not None
        for name in ("enter_pin", "pin_again"):
            assert shipped.said(name, (), "", language) is not None
    assert shipped.said("nothing", (), "", "en") is None and shipped.said("deleted", (), "", "fr") is None


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        ((1, 0), "you-have 1 new-message", "you-have 1n new-message"),
        ((2, 1), "you-have 2 new-messages and 1 heard-message", "you-have 2 new-messages-few and 1n heard-message"),
        ((0, 11), "you-have 11 heard-messages", "you-have 11 heard-messages"),
        ((21, 5), "you-have 20 1 new-messages and 5 heard-messages", "you-have 20 1n new-message and 5 heard-messages"),
    ],
)
def test_messages_are_counted_by_the_grammar_of_each_language(
    count: tuple[int, ...], english: str, russian: str
) -> None:
    for language, words in (("en", english), ("ru", russian)):
        names = [Path(name).stem for name in phrases.phrase("messages", count, "", language)]
        assert " ".join(names) == words


def test_sounds_of_ours_are_there_where_a_folder_has_none(tmp_path: Path) -> None:
    """Whoever brings greetings of their own need not bring the words, nor what came with the project later; who brings them
    keeps them."""
    write_tone(tmp_path / "in" / "phrases" / "en" / "kept.wav", 1000, 1.0)
    prompts = tmp_path / "ours"
    write_tone(prompts / "phrases" / "en" / "kept.wav", 500, 2.0)
    write_tone(prompts / "phrases" / "en" / "deleted.wav", 500, 2.0)
    write_tone(prompts / "welcome-ru.wav", 500, 2.0)
    found = Sounds(tmp_path / "in", tmp_path / "out", prompts)
    assert sorted(found) == ["phrases/en/deleted.wav", "phrases/en/kept.wav", "welcome-ru.wav"]
    assert found["phrases/en/kept.wav"].length_us == 1_000_000


@pytest.mark.parametrize(
    ("place", "words"),
    [(1, "1"), (20, "20"), (21, "20 1"), (100, "100"), (119, "100 19"), (342, "300 40 2"), (10_000, "500 90 9")],
)
def test_numbers_are_put_together(place: int, words: str) -> None:
    names = [Path(name).stem for name in phrases.position(place, None, "ru")[1:]]
    assert " ".join(names) == words


def test_phrase_is_its_parts_one_after_the_other(shipped: Sounds) -> None:
    sound = shipped.position(21, 120_000_000, "ru")
    assert sound is not None
    parts = [shipped[name] for name in phrases.position(21, 120_000_000, "ru")]
    assert sound.length_us == sum(part.length_us for part in parts)
    for payload in codecs.PAYLOADS:
        joined = b"".join(part.stem.with_name(f"{part.stem.name}.{payload}").read_bytes() for part in parts)
        assert sound.stem.with_name(f"{sound.stem.name}.{payload}").read_bytes() == joined
    assert shipped.position(1, None, "fr") is None


def test_mp3_by_ffmpeg_is_the_same_sound(tmp_path: Path) -> None:
    """Where ffmpeg is installed it serves when `miniaudio` is not; elsewhere its absence is told."""
    write_tone(tmp_path / "x.wav", 1000, 1.0)
    to_mp3(tmp_path / "x.wav", tmp_path / "x.mp3")
    if shutil.which("ffmpeg") is None:
        with pytest.raises(AudioFileError):
            audiofile._read_mp3_by_ffmpeg(tmp_path / "x.mp3")
        return
    sound = audiofile._read_mp3_by_ffmpeg(tmp_path / "x.mp3")
    assert level(np.rint(sound[4000:12000] * 32767).astype(np.int16), 1000, 16000) > 0.2


def test_wav_header_that_lies_about_its_size_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write(path, bytes(1600), 8000, 2, 1)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 40, 10**6)
    path.write_bytes(bytes(data))
    assert len(read_audio(path, 8000)) == 800
