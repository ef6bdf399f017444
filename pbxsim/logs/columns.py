"""A map of columns: which column of a foreign table tells what, in which unit, and what its values mean.

Decides the fields of a map and the words for outcomes and directions that need no map. Leaves reading by it to `table.py`,
maps of products to `products.py`, those found by names alone to `guess.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pydantic
from pydantic import BeforeValidator, Field
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pbxsim.logs.losses import LogError
from pbxsim.logs.times import Unit
from pbxsim.logs.told import Told

Outcome = Literal["answered", "abandoned", "timed_out", "left", "refused", "drop"]
"""What a value of the outcome's column means; `drop` is a row that is no call."""

INCOMING: Final = frozenset(
    """inbound incoming in received callin inboundcall terminating входящий входящие вх входящий_звонок eingehend
    entrante entrant inbound_call originating_in inbound-queue 1""".split()
)
OUTGOING: Final = frozenset(
    """outbound outgoing out outbounddial outbound-dial outbound-api dialed placed originating internal local исходящий исходящие
    исх внутренний ausgehend saliente sortant callout outbound_call 0""".split()
)

WORDS: Final[dict[str, Outcome]] = {
    **dict.fromkeys(
        (
            "answered", "answer", "yes", "true", "1", "handled", "completed", "complete", "connected", "connect", "agent",
            "served", "accepted", "success", "successful", "bridged", "completecaller", "completeagent", "talked", "ok",
            "transferred", "transfer", "attended transfer", "blind transfer", "переведён", "переведен",
            "принят", "принятый", "состоялся", "состоявшийся", "дозвонился", "разговор", "отвечен", "отвечено", "отвеченный",
            "обслужен", "успешный", "успешно", "соединён",
            "соединен", "да", "angenommen", "beantwortet", "ja", "contestada", "atendida", "si", "sí", "répondu", "oui",
        ),
        "answered",
    ),
    **dict.fromkeys(
        (
            "abandoned", "abandon", "no answer", "noanswer", "not answered", "unanswered", "missed", "missed call", "no",
            "false", "0",
            "lost", "hangup", "hang", "hung up", "cancel", "canceled", "cancelled", "abandoned in queue", "queue abandoned",
            "short abandoned", "abandoned on hold", "no available agent", "agents did not answer", "abandoned in classic",
            "потерян", "потерянный", "пропущен", "пропущенный", "неотвечен", "не отвечен", "неотвеченный", "не отвечено",
            "брошен", "сброшен", "прерван", "не дождался", "нет", "нет ответа", "не принят", "verpasst", "aufgelegt", "nein",
            "perdida", "abandonada",
            "abandonné", "non",
        ),
        "abandoned",
    ),
    **dict.fromkeys(
        ("timeout", "timed out", "exitwithtimeout", "overflow", "max wait", "no agent timeout", "таймаут", "истекло время"),
        "timed_out",
    ),
    **dict.fromkeys(
        (
            "left", "voicemail", "callback", "exitwithkey", "exitempty", "key", "exit with key", "break out", "leave",
            "abandoned in voicemail", "redirected", "голосовая почта", "обратный звонок", "выход по кнопке",
        ),
        "left",
    ),
    **dict.fromkeys(
        (
            "refused", "busy", "failed", "congestion", "rejected", "blocked", "joinempty", "full", "queue full", "error",
            "занято", "отклонён", "отклонен", "ошибка", "недоступен", "besetzt",
        ),
        "refused",
    ),
    **dict.fromkeys(
        ("out of opening hours", "out of business hours", "abandoned in ivr", "outbound", "drop", "вне рабочего времени"),
        "drop",
    ),
}  # fmt: skip
"""Outcomes that need no map: the words programs write, without case."""

CAME_IN: Final = frozenset(name for name, outcome in WORDS.items() if outcome != "drop") - OUTGOING
"""Words of outcomes that stand where others tell the direction."""


NOT: Final = ("не ", "не", "нет ", "not ", "no ", "un", "non ", "non", "nicht ")
"""What turns a word of an answer into one of a lost call."""

_ENDING = re.compile(r"(?<=[тн])(?:н?(?:ый|ая|ое|ые)|[аоы])$")
"""The ending of a Russian participle, by which a status agrees with what it is of: звонок, попытка, обращение."""


def outcome_of(value: str) -> Outcome | None:
    """What an outcome's word means in any of its forms; None for one that nobody knows.

    >>> outcome_of("No answer"), outcome_of("Необслуженный"), outcome_of("принята"), outcome_of("Unsuccessful")
    ('abandoned', 'abandoned', 'answered', 'abandoned')
    >>> outcome_of("Test") is None
    True
    """
    said = word(value)
    known = _known(said)
    if known is not None:
        return known
    rests = (said.removeprefix(prefix) for prefix in NOT if said.startswith(prefix))
    return "abandoned" if any(_known(rest) == "answered" for rest in rests) else None


def _known(said: str) -> Outcome | None:
    return WORDS.get(said) or _BY_STEM.get(_stem(said))


def _stem(said: str) -> str:
    return _ENDING.sub("", said.replace("ё", "е")).removesuffix("н")


_BY_STEM: Final[dict[str, Outcome]] = {_stem(said): outcome for said, outcome in WORDS.items() if not said.isascii()}


def is_way(values: Iterable[str]) -> bool:
    """Whether values of a column are directions, or outcomes beside them, and no names of queues.

    >>> is_way(["inbound", "abandoned"]), is_way(["sales", "inbound"]), is_way(["missed"])
    (True, False, False)
    """
    found = {word(value) for value in values if value.strip()}
    ways = {one for one in found if {one, one.split(" ")[0]} & (INCOMING | OUTGOING)}
    return bool(ways - {"0", "1"}) and found - ways <= CAME_IN


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class Rule(pydantic.BaseModel):
    """Lines left out on purpose: where `column` holds one of `values` (and `and_column` one of `and_values`)."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    reason: str
    column: str
    values: Names
    and_column: str | None = None
    and_values: Names = ()


class ColumnMap(pydantic.BaseModel):
    """Which column tells what. A wait comes from `wait_s`, or as answer (or end) less arrival; so does a talk."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    arrived: str = Field(description="Column of the instant a call began to wait: a date and time, or Unix seconds.")
    arrived_date: str | None = Field(
        default=None, description="Column of the date, if `arrived` holds a time of day only."
    )
    date_format: str | None = Field(
        default=None, description="strptime format of dates; found by itself where it has one meaning."
    )
    queue: str | None = Field(default=None, description="Column of the queue or type; one queue `all` if empty.")
    answered: str | None = Field(
        default=None, description="Column of the instant of the answer; empty cell: not answered."
    )
    transferred: str | None = Field(default=None, description="Column of the instant the agent handed the call over.")
    ended: str | None = Field(default=None, description="Column of the instant the call ended.")
    wait_s: str | None = Field(
        default=None,
        description="Column of the time waited: seconds, H:MM:SS or 1500 ms; or a sum or difference, such as "
        "`duration - billsec` or `talk + hold`.",
    )
    talk_s: str | None = Field(default=None, description="Column of the time talked, hold included, as `wait_s`.")
    units: dict[str, Unit] = Field(
        default_factory=dict,
        description="Column of lengths to its unit (s, ms, us, min, h, day), where neither cells nor its name tell it.",
    )
    outcome: str | None = Field(
        default=None,
        description="Column of the outcome; else answered if `answered` is filled, or the talk above zero.",
    )
    outcomes: dict[str, Outcome] = Field(
        default_factory=dict,
        description="Value to outcome; usual words in English and Russian are known if this is empty.",
    )
    direction: str | None = Field(default=None, description="Column that tells incoming from outgoing calls.")
    incoming: Names = Field(default=(), description="Its values for incoming calls; usual words are known if empty.")
    agent: str | None = None
    agent_pattern: str | None = Field(
        default=None,
        description="Regular expression with one group that finds the agent in the cell, such as `PJSIP/(\\w+)-`. "
        "A channel's name such as SIP/anna-0000a1b2 needs none.",
    )
    caller: str | None = None
    priority: str | None = None
    call_id: str | None = None
    unknown: Names = Field(
        default=("", "NULL", "NA", "NaN", "N/A", "None", "null", "-", "--", "—", "\\N"),
        description="Cells that tell nothing.",
    )
    unknown_agents: Names = ()
    unknown_callers: Names = ()
    renamed: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Column to value to the one that is meant: damaged names put right."
    )
    leave_out: tuple[Rule, ...] = ()
    separator: str | None = Field(default=None, description="What separates cells; found by itself if empty.")
    encoding: str | None = Field(default=None, description="Encoding of the text; found by itself if empty.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook; the fullest if empty.")
    repeats: Literal["drop", "keep"] = "drop"
    longest_s: float = Field(default=14_400, gt=0, description="A wait or talk longer than this is a fault of the log.")
    header: Names = Field(default=(), description="Names of the columns in their order, of a table that has none.")
    zone: str | None = Field(default=None, description="Zone of clock times, if it is always the same.")

    @pydantic.field_validator("agent_pattern")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                groups = re.compile(value).groups
            except re.error as error:
                raise ValueError(f"`{value}` is no regular expression: {error}") from None
            if groups != 1:
                raise ValueError(f"`{value}` has {groups} groups; one finds the agent, such as `SIP/(\\w+)-`")
        return value

    @pydantic.field_validator("outcomes", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """YAML reads yes, no and numbers as such."""
        if not isinstance(value, dict):
            return value
        words = {True: "yes", False: "no"}
        return {words[key] if isinstance(key, bool) else str(key): outcome for key, outcome in value.items()}

    @classmethod
    def load(cls, path: str | Path) -> ColumnMap:
        """The map in a YAML file. Raises LogError, which names what is no field or no value of one."""
        name = Path(path).name
        try:
            found = YAML(typ="safe", pure=True).load(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise LogError(Told("{name} cannot be read: {reason}", name=name, reason=error.strerror)) from None
        except (UnicodeDecodeError, YAMLError) as error:
            raise LogError(Told("{name} is no YAML: {reason}", name=name, reason=error)) from None
        if not isinstance(found, dict):
            raise LogError(
                Told("{name} is no map of columns: lines such as `arrived: Call Time` are needed", name=name)
            )
        try:
            return cls.model_validate(found)
        except pydantic.ValidationError as error:
            raise LogError(_fault(error, name)) from None

    def named(self, has: Iterable[str] = ()) -> dict[str, str]:
        """Field to the column it names, parts of sums apart: `wait_s` and `wait_s 2`. `has` are columns that exist, so that
        one called `a - b` is one column."""
        there = set(has)
        out = {}
        for field in COLUMN_FIELDS:
            value = getattr(self, field)
            if value is None:
                continue
            parts = [part for _, part in parts_of(value)] if field in LENGTHS and value not in there else [value]
            for place, part in enumerate(parts, start=1):
                out[field if place == 1 else f"{field} {place}"] = part
        for place, rule in enumerate(self.leave_out):
            out[f"leave_out {place}"] = rule.column
            if rule.and_column is not None:
                out[f"leave_out {place} and"] = rule.and_column
        return out


def _fault(error: pydantic.ValidationError, name: str) -> Told:
    """The first thing wrong with a map."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        text = "{name}: `{field}` is no field of a map; there are {known}"
        return Told(text, name=name, field=field, known=", ".join(ColumnMap.model_fields))
    if first["type"] == "missing":
        return Told("{name}: a map needs `{field}`", name=name, field=field)
    if first["type"] == "literal_error":
        text = "{name}: `{field}` is {known}, not `{value}`"
        known = str(first["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        return Told(text, name=name, field=field, known=known, value=str(first["input"])[:60])
    reason = str(first["msg"]).removeprefix("Value error, ")
    return Told("{name}: `{field}` cannot be used: {reason}", name=name, field=field, reason=reason)


LENGTHS: Final = ("wait_s", "talk_s")

COLUMN_FIELDS: Final = (
    "arrived", "arrived_date", "queue", "answered", "transferred", "ended", "wait_s", "talk_s", "outcome", "direction",
    "agent", "caller", "priority", "call_id",
)  # fmt: skip


def parts_of(name: str) -> list[tuple[int, str]]:
    """The columns a length is made of, each with its sign.

    >>> parts_of("duration - billsec"), parts_of("talk + hold"), parts_of("wait-time")
    ([(1, 'duration'), (-1, 'billsec')], [(1, 'talk'), (1, 'hold')], [(1, 'wait-time')])
    """
    first, *rest = re.split(r" ([+-]) ", name)
    signs = [1 if mark == "+" else -1 for mark in rest[::2]]
    return [(1, first.strip()), *zip(signs, (part.strip() for part in rest[1::2]), strict=True)]


def word(value: str) -> str:
    """A value of an outcome or direction as it is compared.

    >>> word("NO_ANSWER"), word(" Не отвечен. ")
    ('no answer', 'не отвечен')
    """
    return " ".join(re.sub(r"[_\-.]+", " ", value.casefold()).split())
