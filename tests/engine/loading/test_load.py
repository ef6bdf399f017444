"""Loading: every fault with line, rule and remedy, all at once; and texts that mean harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract import limits
from engine.contract.errors import FlowError
from engine.document import faults, yaml_text
from engine.document.faults import Fault
from engine.loading.load import examine, load
from tests.harness import rule

HEAD = "pbx: example\n"


def found(text: str | bytes) -> tuple[Fault, ...]:
    """All faults of a text; its flow is thrown away."""
    return examine(text)[1]


def only(text: str | bytes) -> Fault:
    """The one error of a text."""
    wrong = faults.errors(found(text))
    assert len(wrong) == 1, faults.as_text(wrong)
    return wrong[0]


ELEMENT_FAULTS = [
    # what stands in line 3, code, rule, column, words of the message, words of the remedy
    (
        "5000: {kind: voicmail}",
        "wrong-value",
        "R-02.2",
        16,
        "voicmail is no kind of element; did you mean voicemail",
        "",
    ),
    ("5000: {}", "missing-field", "R-02.2", 9, "kind is missing", "Add kind:"),
    ("5000: 7", "wrong-type", "R-02.1", 9, "must be a mapping, not 7", ""),
    ("4999: {kind: group}", "wrong-key", "R-02.7", 3, "5000 to 5999", ""),
    ("6000: {kind: group}", "wrong-key", "R-02.7", 3, "5000 to 5999", ""),
    ("word: {kind: group}", "wrong-key", "R-02.7", 3, "5000 to 5999", ""),
    ("5200: {kind: queue, members: []}", "no-members", "R-08.4", 32, "no members", "Add users"),
    ("5200: {kind: queue, members: [5200]}", "wrong-member", "R-08.4", 33, "5200 is no user's number", ""),
    ("5300: {kind: group, members: [5300]}", "wrong-member", "R-07.9", 33, "5300 is a group", "users' numbers"),
    ("5300: {kind: group, members: [100, 100]}", "member-twice", "R-07.4", 38, "twice", ""),
    ("5400: {kind: hours, match: 5999}", "dangling-output", "R-02.13", 30, "nothing has the number 5999", "5999"),
    ("5400: {kind: hours, match: 103}", "dangling-output", "R-02.13", 30, "nothing has the number 103", "the user 103"),
    ("5400: {kind: hours, open: 9-18}", "wrong-value", "R-11.5", 29, "no interval", ""),
    (
        "5400: {kind: hours, open: '\uff10\uff19:\uff10\uff10-\uff11\uff18:\uff10\uff10'}",
        "wrong-value",
        "R-11.5",
        29,
        "no interval",
        "",
    ),
    ("5400: {kind: hours, zone: GMT+\u0665}", "unknown-zone", "R-11.6", 29, "no time zone", ""),
    ("5400: {kind: hours, days: mon-fry}", "wrong-value", "R-11.4", 29, "no weekday", ""),
    ("5400: {kind: hours, zone: GMT+25}", "unknown-zone", "R-11.6", 29, "further from UTC", ""),
    ("5400: {kind: hours, zone: Mars/Olympus}", "unknown-zone", "R-11.6", 29, "no time zone", ""),
    ("5400: {kind: hours, dates: 2026-02-30}", "wrong-value", "R-11.4", 30, "does not exist", ""),
    ("5400: {kind: hours, calendar: russia}", "unknown-calendar", "R-11.4", 33, "no calendar", ""),
    ("5400: {kind: hours, mach: 100}", "unknown-field", "R-11", 23, "mach is not known here", "Did you mean match"),
    ("5400: {kind: hours, match: {a: 1}}", "wrong-value", "R-02.9", 30, "an output is", ""),
    ("5500: {kind: number_rule, entries: []}", "out-of-range", "R-12.3", 38, "at least 1", ""),
    ("5500: {kind: number_rule, entries: [abc]}", "wrong-value", "R-12.4", 39, "no beginning", ""),
    ("5000: {kind: greeting, prompt: a.wav, next: 100}", "unknown-prompt", "R-05.2", 34, "has no length", "a.wav"),
    ("5000: {kind: greeting, prompt: '', next: 100}", "unknown-prompt", "R-05.2", 34, "has no length", "value"),
    ("5000: {kind: {a: 1}}", "wrong-value", "R-02.2", 16, "a mapping of 1 is no kind", "Correct"),
    ("5000: {kind: [queue]}", "wrong-value", "R-02.2", 16, "a list of 1 is no kind", "Correct"),
    ("5000: {kind: ' '}", "wrong-value", "R-02.2", 16, '" " is no kind', "Correct"),
    ("5200: {kind: queue, members: [100, 112]}", "wrong-member", "R-08.4", 38, "112 is an outside number", "no-answer"),
    ("5120: {kind: voicemail, recipients: ['']}", "wrong-value", "R-09.2", 40, "an empty text is no", "Correct"),
    ("5200: {kind: queue, members: [100], waiting: -5}", "wrong-value", "R-08.13", 48, "1 to 500", "Correct"),
    ("5200: {kind: queue, members: [100], waiting: 501}", "wrong-value", "R-08.13", 48, "1 to 500", "Correct"),
    (
        "5200: {kind: queue, members: [100], exit_key: 1, callback_key: 1}",
        "wrong-value",
        "R-08.19",
        9,
        "key 1",
        "Correct",
    ),
    ("5200: {kind: queue, members: ['0100']}", "wrong-value", "R-02.4", 33, "0100 is no", "Correct"),
    ("5400: {kind: hours, match: 5400}", "loop-without-waiting", "R-02.14", 30, "5400 (match) → 5400", "greeting"),
]


@rule("R-25.7")
@pytest.mark.parametrize(("line", "code", "rule", "column", "message", "remedy"), ELEMENT_FAULTS)
def test_faults_of_elements_stand_with_line_column_rule_and_remedy(
    line: str, code: str, rule: str, column: int, message: str, remedy: str
) -> None:
    """R-25.7: every refusal names the rule that caused it."""
    fault = only(f"{HEAD}elements:\n  {line}\nusers: {{100: {{}}, 101: {{}}}}\n")
    assert (fault.code, fault.rule, fault.line, fault.column) == (code, rule, 3, column)
    assert message in fault.message
    assert fault.remedy and remedy in fault.remedy


HEAD_FAULTS = [
    ("users: {99: {}}", "number-out-of-range", "R-02.4"),
    ("users: {5000: {}}", "number-out-of-range", "R-02.4"),
    ("users: {112: {}}", "emergency-number", "R-02.8"),
    ("users: {100: {no_answer: 101}}", "dangling-output", "R-02.13"),
    ("users: {100: {ring: 121}}", "out-of-range", "R-06.9"),
    ("trunks: {m: {number: 77, lines: 1001}}", "wrong-value", "R-04.8"),
    ("trunks: {m: {number: 77, lines: many}}", "wrong-type", "R-04.8"),
    ("trunks: {m: {number: 77, name: " + "Я" * 36 + "}}", "wrong-value", "R-04.3"),
    ("trunks: {m: {number: 77, to: 5001}}", "dangling-output", "R-02.13"),
    ("trunks: {m: {}}", "missing-field", "R-04.1"),
    ("users: {100: {outside_number: 74951234567}}", "foreign-caller", "R-04.12"),
    ("settings: {codes: {pickup: 112}}", "wrong-value", "R-15.11"),
    ("settings: {codes: {pickup: '*8'}}", "wrong-value", "R-15.11"),
    ("trunks: {m: {number: 77, caller_in: [to]}}", "wrong-value", "R-04.11"),
    ("outgoing: {default: m}", "unknown-trunk", "R-14.1"),
    ("settings: {aliases: {'12': 100}}", "wrong-key", "R-10.2"),
    ("settings: {aliases: {info: hangup}}", "wrong-alias", "R-10.1"),
    ("settings: {aliases: {info: 89161234567}}", "wrong-alias", "R-10.1"),
    ("calendars: {ru: {country: XX}}", "wrong-calendar", "R-11.4"),
    ("calendars: {ru: {}}", "wrong-calendar", "R-11.4"),
    ("calendars: {ru: {dates: [2026-13-01]}}", "wrong-calendar", "R-11.4"),
    ("calendars: {ru: {ics: nothing}}", "wrong-calendar", "R-11.4"),
    ("settings: {aliases: {info: 101, INFO: 102}}", "wrong-value", "R-10.2"),
    ("settings: {emergency: ['²']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['1']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['123456789']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['+112']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['11*']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['']}", "wrong-value", "R-02.8"),
    ("settings: {emergency: ['1-0-1'], aliases: {}}\nusers: {101: {}}", "emergency-number", "R-02.8"),
    ("trunks: {m: {number: 7}}", "wrong-value", "R-04.13"),
    ("trunks: {m: {number: '1234567890123456'}}", "wrong-value", "R-04.13"),
    ("trunks: {m: {number: '7495*'}}", "wrong-value", "R-04.13"),
    ("trunks: {m: {number: sip-login}}", "wrong-value", "R-04.13"),
    ("trunks: {m: {number: '７４９５'}}", "wrong-value", "R-04.13"),
    ("trunks: {m: {number: ''}}", "wrong-value", "R-04.13"),
    ("users: {'0100': {}}", "number-out-of-range", "R-02.4"),
    ("users: {'１００': {}}", "number-out-of-range", "R-02.4"),
    ("users: {100: {email: [a@b]}}", "wrong-value", "R-09.2"),
    ("zone: Mars", "unknown-zone", "R-11.6"),
    ("colour: red", "unknown-field", "R-02.1"),
    ("7: red", "unknown-field", "R-02.1"),
    ("'': red", "unknown-field", "R-02.1"),
    ("trunks: {7: {number: 77}}", "wrong-key", "R-04.1"),
    ("trunks: ''", "wrong-type", "R-04.1"),
    ("outgoing: {default: ''}", "unknown-trunk", "R-14.1"),
]


@rule("R-25.7")
@pytest.mark.parametrize(("line", "code", "rule"), HEAD_FAULTS)
def test_faults_of_the_rest_of_the_document(line: str, code: str, rule: str) -> None:
    """R-25.7."""
    fault = only(f"{HEAD}{line}\n")
    assert (fault.code, fault.rule) == (code, rule) and fault.line >= 2


ONE_FAULT = [
    # a document with one fault, and what refers to the part that has it
    "users: {101: {ring: 4}}\nelements: {5200: {kind: queue, members: [101], timeout: hangup}}",
    "users: {'101': {ring: 4}}\nelements: {5200: {kind: queue, members: [101], timeout: 101}}",
    "users: {101: {ring: 4}}\nelements: {5300: {kind: group, members: [101], no_answer: 101}}",
    "users: []\nelements: {5200: {kind: queue, members: [101], timeout: 101}}",
    "elements: []\nusers: {101: {no_answer: 5200}}",
    "elements: {5200: {kind: queu}}\nusers: {101: {no_answer: 5200}}",
    "trunks: []\noutgoing: {default: m}",
    "trunks: {m: {number: 7}}\noutgoing: {default: m}",
    "prompts: {a.wav: -1}\nelements: {5000: {kind: greeting, prompt: a.wav, next: hangup}}",
    "prompts: {a.wav: long}\nsettings: {record_prompt: a.wav}",
    "prompts: []\nelements: {5000: {kind: greeting, prompt: a.wav, next: hangup}}",
    "calendars: {c: {country: 7}}\nelements: {5400: {kind: hours, calendar: c, match: hangup, mismatch: hangup}}",
    "calendars: []\nelements: {5400: {kind: hours, calendar: c, match: hangup, mismatch: hangup}}",
    "prompts: {a.wav: 301}\nelements: {5000: {kind: greeting, prompt: a.wav, next: hangup}}",
]


@rule("R-25.7")
@pytest.mark.parametrize("text", ONE_FAULT)
def test_one_fault_is_told_once_and_what_refers_to_it_has_none(text: str) -> None:
    only(f"{HEAD}{text}\n")


@rule("R-02.4")
def test_a_user_written_twice_in_two_ways_is_refused() -> None:
    """R-02.4: `0100` is no way to write 100, and 100 with and without quotation marks is one key."""
    assert only(f"{HEAD}users: {{100: {{}}, '0100': {{}}}}\n").place == "users.0100"
    assert only(f"{HEAD}users: {{100: {{}}, '100': {{}}}}\n").code == "duplicate-key"


@rule("R-05.2")
def test_sounds_of_elements_last_one_second_to_five_minutes_and_music_as_long_as_it_likes() -> None:
    text = (
        f"{HEAD}settings: {{music: m.wav}}\nelements:\n  5000: {{kind: greeting, prompt: a.wav, next: 5200}}\n"
        "  5200: {kind: queue, members: [100], music: n.wav, timeout: hangup, join_empty: hangup}\nusers: {100: {}}\n"
    )
    for length, fits in ((0.99, False), (1, True), (300, True), (300.5, False)):
        wrong = faults.errors(found(f"{text}prompts: {{a.wav: {length}, m.wav: 3600, n.wav: 0.5}}\n"))
        assert [fault.place for fault in wrong] == ([] if fits else ["prompts.a.wav"])


@rule("R-01.3", "R-01.6")
@pytest.mark.parametrize("name", ["ab", "1abc", "a" * 33, "exam-ple", "пример"])
def test_account_names(name: str) -> None:
    """R-01.3, R-01.6."""
    assert only(f"pbx: {name}\n").rule == "R-01.6"


@rule("R-04.2", "R-04.3")
@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("A" * 70, True),
        ("A" * 71, False),
        ("Я" * 35, True),
        ("Я" * 36, False),
        ("Я" * 34 + "AB", True),
        ("Я" * 34 + "ABC", False),
        ("A" * 68 + "Я", True),
        ("A" * 69 + "Я", False),
        ("''", False),
    ],
)
def test_trunk_names(name: str, fits: bool) -> None:
    """R-04.2, R-04.3."""
    wrong = faults.errors(found(f"{HEAD}trunks: {{m: {{number: '77', name: {name}}}}}\n"))
    assert not wrong if fits else [fault.rule for fault in wrong] == ["R-04.3"]


def test_all_faults_come_at_once_and_in_order() -> None:
    text = (
        "pbx: example\nelements:\n  5000: {kind: greting}\n  5200: {kind: queue, members: []}\n"
        "  5400: {kind: hours, match: 5999}\n  5400: {}\nusers:\n  99: {}\n  100: {rings: 5}\n"
    )
    with pytest.raises(FlowError) as refused:
        load(text)
    wrong = [fault for fault in refused.value.faults if isinstance(fault, Fault)]
    assert [(fault.line, fault.rule) for fault in wrong] == [
        (3, "R-02.2"),
        (4, "R-08.4"),
        (5, "R-02.13"),
        (6, "R-02.7"),
        (8, "R-02.4"),
        (9, "R-06.8"),
    ]
    assert str(wrong[0]).startswith("pbx.yaml:3:16: error R-02.2: elements.5000.kind: greting is no kind of element")
    assert json.loads(faults.as_json(wrong))[0]["place"] == "elements.5000.kind"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("pbx: example\ntrunks:\n\tmoscow: {}\n", 3, "tab"),
        ("pbx: example\nelements:\n  5000: {keys: {*: 5200}}\n", 3, 'Quote it: "*"'),
        ("pbx: example\nelements:\n  5000: {keys: {1: 5200}\n  5001: {}\n", 4, "began in line 3"),
        ('pbx: "example\nzone: UTC', 2, "quotation mark"),
        ("pbx: example\n  zone: UTC\n", 2, "colon"),
        ("pbx: example\n---\npbx: second\n", 2, "second document"),
        ("!!python/object/apply:os.system ['ls']", 1, "tag"),
        ("pbx: !!binary aGVsbG8=", 1, "tag"),
        ("a: &a [*a]", 1, "contains itself"),
        ("a: *b", 1, "repeats something"),
        ("a: \x01", 1, "printed"),
        ("", 1, "mapping"),
        ("- 1", 1, "mapping"),
        (b"\xff\xfe", 1, "UTF-8"),
        ("pbx: example\nzone: Казань\n".encode("cp1251"), 2, "UTF-8"),
        ("[" * 100, 1, "nested deeper"),
        ('pbx: example\ntrunks: {"\\ud800": {number: 77}}', 2, "printed"),
        ('pbx: example\ntrunks: {m: {number: 77, operator: "\\udfff"}}', 2, "printed"),
        ("? [1]\n: 2", 1, "Write `key: value`"),
        ("pbx: example\n? {a: 1}\n: 2", 2, "Write `key: value`"),
    ],
)
def test_texts_that_are_no_document(text: str | bytes, line: int, words: str) -> None:
    fault = only(text)
    assert fault.line == line
    assert words in str(fault)
    assert (fault.code, fault.rule) == ("broken-yaml", "R-02.1")


def test_aliases_that_multiply_are_refused() -> None:
    """A text of a few hundred bytes must not become a million values."""
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "aliases" in only("\n".join(lines)).message


def test_depth_and_size_are_bounded() -> None:
    assert "nested deeper" in only("a: " + "[" * 100_000).message
    assert "larger" in only("a: " + "x" * 5_000_000).message


def test_an_alias_may_repeat_a_value() -> None:
    text = HEAD + "users: {100: &u {ring: 20}, 101: *u}\n"
    flow, _ = examine(text)
    assert flow is not None and flow.head.users[101].ring == 20


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+74951234567", "+74951234567"),
        ("0000", "0000"),
        ("074951234567", "074951234567"),
        ("74951234567", 74951234567),
        ("0", 0),
        ("09:00", "09:00"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        ("1.5", 1.5),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("'5200'", "5200"),
    ],
)
def test_plain_scalars_lose_nothing(written: str, read: object) -> None:
    """A phone number that begins with a plus or a zero stays what was written."""
    data, positions = yaml_text.parse(f"a: {written}\n")
    assert data["a"] == read and type(data["a"]) is type(read)
    assert positions[("a",)] == faults.Position(1, 4)


def test_the_example_has_no_fault(example_path: Path) -> None:
    flow = load(example_path.read_bytes(), str(example_path))
    assert flow.faults == ()
    assert list(flow.elements) == [100, 101, 102, 103, 104, 105, 106, 5000, 5001, 5120, 5200, 5300, 5301, 5400, 5500]


def test_a_text_of_nothing_but_faults_is_told_in_part() -> None:
    """Bounded: a hostile document neither takes minutes nor fills a screen for ever."""
    keys = "".join(f"k{n}: 1\n" for n in range(5_000))
    assert len(found(HEAD + keys)) == limits.FAULTS_TOLD
    users = "".join(f"  {n}: 1\n" for n in range(6_000, 11_000))
    assert len(found(f"{HEAD}users:\n{users}")) == limits.FAULTS_TOLD
