"""The one ending of a thing that broke while it was begun: a sound, a recording, a request, an e-mail.

Decides which event tells it, and takes the thing out of its call's books. Leaves legs, and what becomes of the call, to
`command_executor.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

from engine.contract import commands as cmd
from engine.contract import events as ev
from live_bridge.calls.call_state import LiveCall


def ending_of(command: cmd.Command, call: LiveCall | None, fault: Exception) -> ev.Event | None:
    """What the engine hears of a command that broke half way; None for one that begins nothing."""
    if isinstance(command, cmd.PlayPrompt | cmd.SayPosition | cmd.SayPhrase | cmd.PlayMessage):
        play = None if call is None else call.plays.pop(command.play, None)
        if play is not None and play.timer is not None:
            play.timer.cancel()
        if play is not None:
            play.forget_copies()
        return ev.PromptEnded(play=command.play, reason="failed")
    if isinstance(command, cmd.OpenMailbox):
        if call is not None:
            call.pin = None
            call.requests.discard(command.request)
        return ev.MailboxRefused(request=command.request, reason="failed")
    if isinstance(command, cmd.StartRecording):
        if call is not None:
            call.recordings.discard(command.recording)
        return ev.RecordingEnded(recording=command.recording, length_us=0, reason="failed")
    if isinstance(command, cmd.AskWebServer):
        if call is not None:
            call.requests.discard(command.request)
        return ev.WebServerFailed(request=command.request, reason="refused", latency_us=0)
    if isinstance(command, cmd.SendMessage):
        if call is not None:
            call.messages.discard(command.message)
        return ev.MessageFailed(message=command.message, reason=str(fault))
    return None
