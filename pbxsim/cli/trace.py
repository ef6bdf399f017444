"""`pbx trace`: where one call goes, every decision with its rule and the outputs not taken.

Decides what a person may type: a number in any form, a date and time in the account's zone, states of users and trunks.
Leaves deciding the call to `engine.analysis.preview`, which runs the engine that decides live calls.
"""

from __future__ import annotations

import json as jsons
import time
from collections.abc import Iterable
from typing import Annotated, cast

import typer

from engine.account import states
from engine.analysis import diagrams, preview, scripted_world
from engine.contract.draws import seed_of
from engine.contract.ids import SECOND_US
from engine.numbers import phone_numbers
from engine.records.journal import encode_message
from engine.state.flow import Flow
from engine.translations import trace_ru
from pbxsim.cli import arguments, documents, output
from pbxsim.cli.language import spoken, tr
from pbxsim.cli.output import CommandRefused

Number = Annotated[
    str,
    typer.Option("--number", "-n", help="What is dialled: a trunk's number in any form, an internal number, an alias."),
]
At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="TIME",
        help='When: "2026-11-23 09:30", in the account\'s zone unless an offset is given; now if left out.',
    ),
]
Caller = Annotated[str, typer.Option("--caller", "-c", help="The caller's number; anonymous if left out.")]
Keys = Annotated[
    str, typer.Option("--keys", "-k", help="Keys pressed, one each time keys are asked for; a blank is silence.")
]
UserOption = Annotated[
    int | None, typer.Option("--user", "-u", help="The user who dials, instead of an outside caller.")
]
Direct = Annotated[bool, typer.Option("--direct", help="A direct SIP call from the internet (R-10).")]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state", "-s", metavar="USER=STATE", help="What a user does: " + ", ".join(scripted_world.STATES) + "."
    ),
]
WidgetOption = Annotated[
    str,
    typer.Option("--widget", metavar="KEY", help="The caller asked with this widget of a website to be called (R-17)."),
]
PageOption = Annotated[
    str, typer.Option("--page", metavar="PATH", help="The page on which they asked, such as /prices.")
]
VisitorOption = Annotated[
    str, typer.Option("--visitor", help="What they do when called back: answers, no_answer, busy, rejects.")
]
Via = Annotated[
    str, typer.Option("--via", metavar="KEY", help="The trunk it comes in on, where the number does not tell.")
]
TrunkStates = Annotated[
    list[str] | None,
    typer.Option("--trunk", metavar="KEY=STATE", help="A trunk that is unregistered, failed, barred or unpaid."),
]
AccountOption = Annotated[
    str,
    typer.Option(
        "--account", metavar="STATE", help="State of the account: " + ", ".join(states.STATES) + " (R-01.10)."
    ),
]
Holds = Annotated[
    list[str] | None,
    typer.Option("--hold", metavar="RULE=MODE", help="A time rule held by hand: match or mismatch (R-11.8)."),
]
BeforeOption = Annotated[
    list[str] | None,
    typer.Option("--before", metavar="USER=NUMBER", help="A user dials this before the call, such as 102=*72103."),
]
InRingOption = Annotated[
    list[str] | None,
    typer.Option("--in-ring", metavar="USER=NUMBER", help="A user dials this while it rings, such as 103=**102."),
]
OutsideOption = Annotated[
    str, typer.Option("--outside", help="What outside numbers do: answers, no_answer, busy, rejects.")
]
Draw = Annotated[
    int, typer.Option("--draw", min=0, metavar="SEED", help="The call's own draw, where an element chooses by chance.")
]
LiveCall = Annotated[
    str, typer.Option("--call", metavar="ID", help="Draw as the live call with this id was drawn, in place of --draw.")
]
Mermaid = Annotated[bool, typer.Option("--mermaid", help="Draw the flow in Mermaid, the path of the call thick.")]
Full = Annotated[bool, typer.Option("--full", help="Everything the engine said, too.")]

Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="ELEMENT=ANSWER",
        help="What a server or CRM answers: to:101, status:503, timeout, or the body (R-13.11).",
    ),
]

FAR_ENDS = (scripted_world.ANSWERS, scripted_world.NO_ANSWER, scripted_world.BUSY, scripted_world.REJECTS)
TRUNK_STATES = ("registered", "unregistered", "failed", "barred", "unpaid")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("trace")(trace)


def trace(
    pbx: arguments.Pbx,
    number: Number = "",
    at: At = "",
    caller: Caller = "",
    keys: Keys = "",
    user: UserOption = None,
    direct: Direct = False,
    widget: WidgetOption = "",
    page: PageOption = "",
    visitor: VisitorOption = scripted_world.ANSWERS,
    via: Via = "",
    state: States = None,
    trunk: TrunkStates = None,
    account: AccountOption = "active",
    hold: Holds = None,
    answer: Answers = None,
    before: BeforeOption = None,
    in_ring: InRingOption = None,
    outside: OutsideOption = scripted_world.ANSWERS,
    draw: Draw = 0,
    call: LiveCall = "",
    full: Full = False,
    mermaid: Mermaid = False,
    json: arguments.Json = False,
) -> None:
    """Follow one call at any date and time: every decision with its rule, and the outputs not taken.

    Example: pbx trace example --number 84951234567 --at "2026-11-23 09:30" --caller 84955551000
    """
    flow = documents.load(pbx)
    when = arguments.instant(at, flow.zone) if at else time.time_ns() // 1000 // SECOND_US * SECOND_US
    script = scripted_world.Script(
        keys=keys,
        users={
            int(key): value for key, value in pairs(state, scripted_world.STATES, numbers_of(flow.head.users)).items()
        },
        trunks=pairs(trunk, TRUNK_STATES, tuple(flow.trunks)),
        account=cast(states.State, one_of(account, states.STATES)),
        overrides={
            int(key): value for key, value in pairs(hold, ("match", "mismatch"), numbers_of(flow.elements)).items()
        },
        answers=_answers(flow, answer),
        outside=one_of(outside, FAR_ENDS),
        visitor=one_of(visitor, FAR_ENDS),
        acts=(*_dialled(flow, before, "before"), *_dialled(flow, in_ring, "ringing")),
    )
    if widget and widget not in flow.widgets:
        raise _unknown(widget, flow.widgets)
    if not (number or widget or via):
        raise CommandRefused(tr("Say where the call comes in: --number, --via or --widget."), rule="R-25.4")
    if user is not None and user not in flow.head.users:
        raise CommandRefused(tr("There is no user {user}.", user=user), rule="R-02.4")
    way = via or (None if user is not None or direct or widget else trunk_called(flow, number))
    if way is not None and way not in flow.trunks:
        raise _unknown(way, flow.trunks)
    made = preview.preview(
        flow,
        when,
        called=flow.trunks[way].number if way is not None else number,
        trunk=way,
        caller=caller,
        user=user,
        origin="direct" if direct else "" if way is not None or user is not None else "api",
        widget=widget,
        page=page,
        script=script,
        draw_seed=seed_of(call) if call else draw,
    )
    if json:
        output.print_json({"at_local": arguments.local(when, flow.zone).isoformat(), **jsons.loads(made.as_json())})
        return
    if mermaid:
        typer.echo(diagrams.mermaid(flow, (*(() if widget else ((f"trunk:{way}", "to", ""),)), *made.path)), nl=False)
        return
    print_trace(flow, made, user)
    if full:
        for instant, message in made.lines:
            typer.echo(f"{(instant - made.at) / SECOND_US:10.3f}  {encode_message(message).decode()}")


def trunk_called(flow: Flow, number: str) -> str | None:
    """The trunk a caller reaches by `number`: the one that has it literally, else in another form (R-04.13), else None
    for an internal number or an alias. Raises CommandRefused when it is none of these.
    """
    for key, trunk in flow.trunks.items():
        if trunk.number == phone_numbers.cleaned(number):
            return key
    if flow.find(number) is not None:
        return None
    found = flow.trunk_of(number)
    if found is None:
        known = ", ".join(trunk.number for trunk in flow.trunks.values()) or "–"
        text = tr(
            "Nobody here is reached by {number}; the numbers of this PBX are {known}.", number=number, known=known
        )
        raise CommandRefused(text, rule="R-04.13")
    return found


def _answers(flow: Flow, words: list[str] | None) -> dict[int, str]:
    """`ELEMENT=ANSWER` words by element. Raises CommandRefused for an element that asks nobody, and for a status that is none."""
    asking = {str(number): element.kind for number, element in flow.elements.items() if element.asks_servers}
    found = {}
    for word in words or ():
        key, _, value = word.partition("=")
        if key not in asking:
            raise _unknown(word, asking)
        try:
            scripted_world.web_answer(value, asking[key])
        except ValueError as error:
            raise CommandRefused(str(error)) from None
        found[int(key)] = value
    return found


def _dialled(flow: Flow, words: list[str] | None, when: scripted_world.When) -> list[scripted_world.UserAct]:
    """`USER=NUMBER` words as what those users dial. Raises CommandRefused for a user there is not, and for no number."""
    found = []
    for word in words or ():
        user, _, number = word.partition("=")
        if user not in numbers_of(flow.head.users) or not number:
            raise _unknown(word, numbers_of(flow.head.users))
        found.append(scripted_world.dials(int(user), number, when))
    return found


def _unknown(word: str, known: Iterable[str]) -> CommandRefused:
    """Something in the command names nothing of the PBX."""
    text = tr("“{word}” names nothing of this PBX; known are: {known}.", word=word, known=", ".join(known) or "–")
    return CommandRefused(text, rule="R-25.4")


def numbers_of(table: Iterable[int]) -> tuple[str, ...]:
    """Internal numbers as text."""
    return tuple(str(number) for number in table)


def one_of(word: str, allowed: tuple[str, ...]) -> str:
    """`word`, if it is allowed. Raises CommandRefused."""
    if word not in allowed:
        raise CommandRefused(
            tr("“{word}” is not one of: {allowed}.", word=word, allowed=", ".join(allowed)), rule="R-25.4"
        )
    return word


def pairs(words: list[str] | None, allowed: tuple[str, ...], known: tuple[str, ...]) -> dict[str, str]:
    """`KEY=VALUE` words as a table. Raises CommandRefused for an unknown key or value."""
    found = {}
    for word in words or ():
        key, _, value = word.partition("=")
        if key not in known:
            raise _unknown(word, known)
        found[key] = one_of(value, allowed)
    return found


def print_trace(flow: Flow, made: preview.Trace, user: int | None = None) -> None:
    """A trace for people; `user` dials, where it is one."""
    when = arguments.local(made.at, flow.zone)
    way = f" ({made.trunk})" if made.trunk else ""
    at = f"{when:%a %Y-%m-%d %H:%M:%S} {flow.zone.name}"
    at = trace_ru.weekday(at) if spoken() == "ru" else at
    who = made.caller or tr("anonymous") if user is None else f"{user} {flow.head.users[user].name}".strip()
    output.out.print(f"{who} → {made.called}{way} · {at}", style="bold", markup=False)
    output.out.print(preview.as_text(made, spoken()), markup=False)
