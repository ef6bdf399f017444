"""The same play in the third world: preview, which runs one call through the engine in a script's virtual time (R-25.4)."""

from __future__ import annotations

from engine.analysis import preview, scripted_world
from engine.analysis.scripted_world import Script, UserAct, dials
from engine.contract import events as ev
from engine.contract import notes as note
from engine.loading.load import load
from engine.state.flow import Flow
from tests.parity.worlds import Dials, Play, comparable

MONDAY = 1_795_422_600_000_000


def previewed(play: Play) -> tuple[list[str], preview.Trace]:
    """The play in preview: its notes in the comparable form, and the trace that people read."""
    flow = load(play.pbx)
    user, called = play.dials or (None, "")
    trace = preview.preview(
        flow,
        MONDAY,
        called=called,
        trunk=None if play.dials or play.widget else next(iter(flow.trunks)),
        caller=play.caller if user is None else "",
        user=user,
        widget=play.widget,
        script=script_of(play, flow),
    )
    return comparable(message for _, message in trace.lines if isinstance(message, note.Note)), trace


def script_of(play: Play, flow: Flow) -> Script:
    """What people do in a play, as preview's script has it."""
    users = dict.fromkeys(flow.head.users, scripted_world.UNREACHABLE)
    users |= {user: "no_answer" if after is None else "answers" for user, after in play.answers_s.items()}
    users |= dict.fromkeys(play.refuses, scripted_world.REJECTS)
    outside = "no_answer" if play.outside_s is None else "answers"
    soon = [after for after in (*play.answers_s.values(), play.outside_s) if after is not None]
    acts = [UserAct(when="before", event=event) for event in play.set_up]
    acts += [dials(one.user, one.number) for one in play.codes]
    acts += [dials(one.user, one.number, "ringing") for one in play.in_ring]
    acts += [
        dials(event.user, event.number, "talking", after)
        if isinstance(event, Dials)
        else UserAct(when="talking", event=event, after_s=after)
        for after, event in play.in_talk
    ]
    if play.queue_key:
        acts.append(UserAct(when="waiting", event=ev.DigitPressed(call="c1", digit=play.queue_key)))
    acts += [UserAct(when="leaving", event=event) for event in play.after_callback]
    acts += [
        UserAct(when="heard", event=ev.DigitPressed(call="c1", digit=key), after_s=0.5 * n)
        for n, (_, key) in enumerate(play.presses, 1)
    ]
    status, body = play.web
    return Script(
        keys=play.keys,
        key_after_s=1.0,
        users=users,
        answer_after_s=max(soon, default=0.5),
        outside=outside,
        visitor=outside,
        talk_s=36_000 if play.in_talk else play.talk_s,
        caller_ends=play.caller_ends,
        message_s=play.message_s,
        message_ends="hangup",
        patience_s=play.patience_s + 1.0 if play.patience_s < 600 else None,
        mailbox=("", "") if play.mailbox is not None else None,
        acts=tuple(acts),
        web_status=status,
        web_body=body,
    )


__all__ = ["MONDAY", "previewed", "script_of"]
