"""Files as analysts have them: packed, in folders, one record a file, line ends of other machines, and no logs."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pbxsim import logs
from pbxsim.cli.language import speak, tr
from pbxsim.logs import LogError
from tests.pbxsim.logs import test_formats
from tests.pbxsim.logs.writers import ZONE, amazon_connect, freeswitch_json, own_table, workbook

sample, same = test_formats.sample, test_formats.same


def archive(**files: bytes) -> bytes:
    """A zip archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return out.getvalue()


def test_packed_logs_are_read_as_they_are(sample: pd.DataFrame) -> None:
    text = own_table(sample)
    packed = [gzip.compress(text), bz2.compress(text), lzma.compress(text), archive(report_csv=text)]
    packed += [archive(report_csv_gz=gzip.compress(text)), archive(book_xlsx=workbook(sample))]
    for raw in packed:
        same(logs.read(raw, zone=ZONE).calls, sample)


def test_line_ends_of_any_machine_are_read(sample: pd.DataFrame) -> None:
    text = own_table(sample).replace(b"\r\n", b"\n")
    for end in (b"\r\n", b"\r"):
        same(logs.read(text.replace(b"\n", end), zone=ZONE).calls, sample)


def test_an_archive_of_several_files_or_a_damaged_one_is_refused_with_what_to_do() -> None:
    with pytest.raises(LogError, match=r"an archive of 2 files \(a\.csv, b\.csv\); unpack it") as refused:
        logs.read(archive(a_csv=b"1", b_csv=b"2"), zone=ZONE)
    speak("ru")
    try:
        assert "файлов: 2 (a.csv, b.csv)" in refused.value.told(tr)
    finally:
        speak("en")
    for pack in (gzip.compress, bz2.compress, lzma.compress, lambda text: archive(a_csv=text)):
        raw = pack(b"Call Time,Caller ID\n" * 500)
        with pytest.raises(LogError, match="cannot be unpacked"):
            logs.read(raw[: len(raw) // 2], zone=ZONE)


@pytest.mark.parametrize(
    "raw",
    [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + bytes(200), b"a\rb\n\0\1\2" * 9],
)
def test_what_is_no_text_is_refused_as_that(raw: bytes) -> None:
    with pytest.raises(LogError, match="is no text"):
        logs.read(raw, zone=ZONE)


def test_a_line_with_a_carriage_return_amid_is_told_as_torn_and_no_error() -> None:
    text = (
        "start,queue,wait,talk,status\n"
        + "2026-09-07 09:00:00,a,5,60,answered\n" * 3
        + "2026-09-07 09:\r01,a,5,60,answered\n"
    )
    log = logs.read(text.encode(), zone=ZONE)
    assert len(log.calls) == 1 and log.losses.total == 5 and log.losses.faulty_count() == 1


def test_a_folder_of_files_of_one_call_each_is_one_log_and_a_cut_one_is_counted(
    tmp_path: Path, sample: pd.DataFrame
) -> None:
    records = json.loads(freeswitch_json(sample))
    for place, record in enumerate(records):
        (tmp_path / f"{place:05}.cdr.json").write_text(json.dumps(record, indent=2))
    (tmp_path / "zz.cdr.json").write_text('{"variables": {"cc_queue": "sal')
    log = logs.read_all([tmp_path], zone=ZONE)
    same(log.calls, sample)
    assert log.losses.source == tmp_path.name and log.losses.total == len(records) + 1 and not log.losses.parts
    with pytest.raises(LogError, match="is a folder; name its files"):
        logs.read(tmp_path, zone=ZONE)


def test_a_folder_of_xml_records_is_one_log_and_one_of_tables_is_several(tmp_path: Path, sample: pd.DataFrame) -> None:
    empty = tmp_path / "none"
    empty.mkdir()
    with pytest.raises(LogError, match="a folder without files"):
        logs.read_all([empty])
    record = (
        "<?xml version='1.0'?>\n<cdr><variables><cc_side>member</cc_side><cc_queue>sales%40default</cc_queue>"
        "<cc_queue_joined_epoch>{}</cc_queue_joined_epoch><cc_queue_answered_epoch>{}</cc_queue_answered_epoch>"
        "<cc_queue_terminated_epoch>{}</cc_queue_terminated_epoch><cc_agent>anna@default</cc_agent></variables></cdr>"
    )
    folder = tmp_path / "xml"
    folder.mkdir()
    for n in range(20):
        (folder / f"a_{n:02}.cdr.xml").write_text(
            record.format(1_788_760_892 + n, 1_788_760_900 + n, 1_788_761_000 + n)
        )
    (folder / "a_99.cdr.xml").write_text("<cdr><variab")
    log = logs.read_all([folder], zone=ZONE)
    assert log.calls["wait_s"].tolist() == [8.0] * 20 and log.calls["talk_s"].tolist() == [100.0] * 20
    assert log.losses.total == 21 and log.losses.dropped_count == 1
    tables = tmp_path / "tables"
    tables.mkdir()
    for name, part in (("1.csv", sample[:90]), ("2.csv", sample[90:])):
        (tables / name).write_bytes(own_table(part))
    both = logs.read_all([tables], zone=ZONE)
    same(both.calls, sample)
    assert [part.source for part in both.losses.parts] == ["1.csv", "2.csv"]


def test_records_with_nothing_between_them_are_read(sample: pd.DataFrame) -> None:
    text = b"".join(amazon_connect(sample).splitlines())
    log = logs.read(text + b'{"ContactId": "cut', zone=ZONE)
    same(log.calls, sample)
    assert log.losses.total == len(sample) + 1 and log.losses.dropped_count == 1
