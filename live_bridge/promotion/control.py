"""Versions on live traffic: publish, promote in part or whole, roll back, retire (R-25.5, R-25.6).

Decides what must hold before a version may take a call: no errors, warnings acknowledged by a named person, every sound
there and as long as the document says. What is done is on the disk before it has any effect, its document too, so that a
journal can always be replayed. Calls in progress stay on their version; a roll-back touches new calls only and takes effect
at once. Thread-safe."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from engine.analysis import check
from engine.contract import events as ev
from engine.contract.errors import FlowError, PbxError
from engine.contract.ids import Instant
from engine.document import faults
from engine.document.faults import Fault
from engine.loading.load import load
from engine.state.flow import Flow
from engine.state.selection import SelectionError
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.driver import Driver
from live_bridge.config import ConfigError
from live_bridge.media.sounds import Sounds
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.promotion.trial import Trial
from live_bridge.store.journal_file import InDoubt
from live_bridge.store.journal_segments import JournalUnavailable

log = logging.getLogger(__name__)

Action = str
"""`draft`, `publish`, `name`, `promote`, `roll_back`, `retire`, `undone`, `start`, `held_back`; a canary has its own. At most 16
letters."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A version that may be promoted."""

    digest: str
    warnings: tuple[Fault, ...] = ()
    acknowledged_by: str = ""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One change of how versions stand, and how they stand then. `text` is the document of a version that is new."""

    action: Action
    flow: str
    standing: Standing
    share: float = 1.0
    by: str = ""
    acknowledged_by: str = ""
    text: str | None = None
    name: str = ""
    """What people are to call a version that had no name."""
    message: str = ""
    """Why, in that person's words."""
    details: dict[str, Any] = {}
    """What else the audit trail is to keep, as JSON: figures, the rule that decided, whose word a gate was skipped on."""


Record = Callable[[Deed], None]
"""Writes a deed down; it is on the disk when this returns. JournalUnavailable when that cannot be, and then it is not there;
`InDoubt` when the disk does not confirm it. One that is `undone` is not waited for: it comes to the disk as soon as that takes
something, after the deed that it undoes."""

Effect = Callable[[CallController], None]
"""Puts something in force, in the thread of the calls."""

Prepare = Callable[[Sequence[Flow]], Effect]
"""Makes ready for versions that are to take calls, the live one first, and gives what puts it in force. ConfigError."""


Permit = Callable[[Standing], Mapping[str, Any]]
"""Whether a version may take new calls as versions stand; what the audit trail keeps of that. PromotionRefused when not."""


class NotInForce(PbxError):
    """A deed was written down and had no effect; it was taken back, and everything is as it was before."""


class Control:
    """Versions of one running bridge: a deed is written down, then it has its effect; one at a time, whoever asks.

    Killed between the two, a bridge starts with what was written down. When nothing can be written nothing happens, and when an
    effect does not come about the deed is taken back by another one, so that a start finds what holds."""

    def __init__(
        self,
        driver: Driver,
        flow: Flow,
        sounds: Sounds,
        record: Record,
        prepare: Prepare = lambda _: _nothing,
        standing: Standing | None = None,
        about_to: Callable[[str], None] = lambda _: None,
        callers: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`flow` is the version the bridge was started with, the live one of `standing`. `about_to` is told of each new version
        before the engine may name it, in the thread of the calls. `callers` gives the numbers of callers of the history, as they
        were presented, by which rules that miss them are found (R-12.4)."""
        self.flows: dict[str, Flow] = {flow.digest: flow}
        """Every version this run may name, for replays."""
        self.standing = Standing(file=flow.digest, live=(flow.digest,)) if standing is None else standing
        """How things stand."""
        self._driver = driver
        self._sounds = sounds
        self._record = record
        self._prepare = prepare
        self._about_to = about_to
        self._callers = callers
        self._lock = threading.Lock()

    def restore(self, flows: Iterable[Flow]) -> None:
        """Go on from where an earlier run stood. Call it once, when the driver has started with the live version and its engine
        knows all of `flows`."""
        with self._lock:
            self.flows |= {flow.digest: flow for flow in flows}
            digest, share, trial = self.standing.canary, self.standing.share, self.standing.trial
            if trial is not None:
                trial = trial.begun_by(self._driver.clock.now())
                self.standing = msgspec.structs.replace(self.standing, trial=trial)
            if digest:
                event = ev.FlowPromoted(flow=digest, share=share) if trial is None else trial.promoted(digest)
                self._driver.ask_inside(lambda controller: controller.feed(event))

    @property
    def live(self) -> str:
        """Digest of the version that takes new calls."""
        return self.standing.live[-1]

    @property
    def canary(self) -> tuple[str, float] | None:
        """Digest and share of the version being tried, if any."""
        return (self.standing.canary, self.standing.share) if self.standing.canary else None

    def draft(self, text: str, *, by: str = "", label: str = "") -> Published:
        """Keep a document as a version that waits for a person: what is found in it stays to be acknowledged. One that was
        published stays so. Raises FlowError for a document that cannot be a flow."""
        flow = load(text)
        found = check.check(flow, callers=self._callers())

        def drafted(standing: Standing) -> Standing:
            known = {*standing.drafts, *standing.published, *standing.live, standing.canary}
            return (
                standing
                if flow.digest in known
                else msgspec.structs.replace(standing, drafts=(*standing.drafts, flow.digest))
            )

        self.change("draft", flow.digest, drafted, share=0.0, by=by, text=text, name=label)
        return Published(digest=flow.digest, warnings=found)

    def publish(
        self, text: str, name: str = "pbx.yaml", *, by: str = "", acknowledged_by: str = "", label: str = ""
    ) -> Published:
        """Make a version ready for promotion, called `label` by people. Raises FlowError for errors, `PromotionRefused` for
        warnings nobody acknowledged and for sounds that are missing or of another length."""
        flow = load(text, name)
        found = check.check(flow, callers=self._callers())
        errors = faults.errors(found)
        if errors:
            raise FlowError(errors)
        if found and not acknowledged_by.strip():
            raise PromotionRefused(f"{len(found)} warnings wait for a named person to acknowledge them (R-25.5)", found)
        wrong = self._sounds.check(flow.head.prompts)
        if wrong:
            raise PromotionRefused("\n".join(wrong))
        digest = flow.digest

        def know(controller: CallController) -> None:
            self._about_to(digest)
            controller.engine.know(flow)
            controller.feed(ev.FlowPublished(flow=digest))

        with self._lock:
            known = self.standing.published
            after = msgspec.structs.replace(
                self.standing,
                published=known if digest in known else (*known, digest),
                drafts=tuple(one for one in self.standing.drafts if one != digest),
            )
            deed = Deed(
                action="publish",
                flow=digest,
                standing=after,
                by=by,
                acknowledged_by=acknowledged_by,
                text=text,
                name=label,
            )
            self._do(deed, know)
            self.flows[digest] = flow
        return Published(digest=digest, warnings=found, acknowledged_by=acknowledged_by)

    def promote(
        self,
        digest: str,
        share: float = 1.0,
        *,
        by: str = "",
        message: str = "",
        trial: Trial | None = None,
        permit: Permit = lambda _: {},
    ) -> str:
        """Let a published version take `share` of new calls, each call by its own draw; with 1 it becomes the live one, unless
        `trial` narrows it to some calls. Trunks and users that come with it are in force before its first call. A canary that is
        given another share goes on, its figures with it; no other one is tried beside it. What `permit` refuses is not done. The
        digest that is live now."""
        if not 0.0 <= share <= 1.0:
            raise PromotionRefused(f"a share of calls is 0 to 1, not {share}")
        with self._lock:
            if digest not in self.flows:
                raise PromotionRefused(f"version {digest[:12]} is not published here; publish it first")
            after, event = self.standing, ev.FlowPromoted(flow=digest, share=share)
            narrows = trial is not None and trial.narrows
            if share >= 1.0 and not narrows:
                after = self._made_live(digest)
            elif digest != self.live and share > 0:
                self._only_canary(digest)
                tried = self._tried(digest, share, by, trial)
                after = msgspec.structs.replace(after, canary=digest, share=share, trial=tried)
                event = tried.promoted(digest)
            elif narrows:
                raise PromotionRefused(f"version {digest[:12]} is live: only another one can be tried on some calls")
            else:
                after = msgspec.structs.replace(after, canary="", share=0.0, trial=None)
            details = dict(permit(self.standing)) if share > 0 else {}
            if after.canary != self.standing.canary and self.standing.canary not in ("", digest):
                details["ends_canary"] = {"flow": self.standing.canary, "share": self.standing.share}
            put = self._prepared(after, must=True)
            deed = Deed(
                action="promote", flow=digest, share=share, standing=after, by=by, message=message, details=details
            )
            self._do(deed, put, event)
            return self.live

    def _only_canary(self, digest: str) -> None:
        """One version is tried at a time: the figures of two would be beside the same live calls (R-25.9)."""
        other, trial = self.standing.canary, self.standing.trial
        if other in ("", digest):
            return
        by = f" by {trial.by}" if trial is not None and trial.by else ""
        raise PromotionRefused(
            f"version {other[:12]} is being tried on {self.standing.share:.0%} of calls{by}; end that first (pbx rollback)"
        )

    def _made_live(self, digest: str) -> Standing:
        live = (*(known for known in self.standing.live if known != digest), digest)
        return msgspec.structs.replace(self.standing, live=live, held="", canary="", share=0.0, trial=None)

    def _tried(self, digest: str, share: float, by: str, trial: Trial | None) -> Trial:
        """The trial of a canary with a new share: one that goes on, or a new one."""
        now = self._driver.clock.now()
        wanted = Trial(begun_at=now) if trial is None else trial
        try:
            wanted.selection(self.flows[self.live].head.settings.caller_form)
        except SelectionError as fault:
            raise PromotionRefused(str(fault)) from None
        goes_on = self.standing.trial if self.standing.canary == digest else None
        if goes_on is not None and goes_on.alike(wanted):
            begun, shares = goes_on.begun_at, goes_on.shares
        else:
            begun, shares = now, ()
        return msgspec.structs.replace(wanted, begun_at=begun, shares=(*shares, (now, share)), by=by)

    def end_canary(self, digest: str, begun_at: Instant, *, by: str, reason: str, details: Mapping[str, Any]) -> None:
        """Give all new calls to the live version again, because a canary's figures say so (R-25.9). PromotionRefused when that
        canary is not there any more."""

        def ended(standing: Standing) -> Standing:
            self._same(standing, digest, begun_at)
            return msgspec.structs.replace(standing, canary="", share=0.0, trial=None)

        event = ev.FlowPromoted(flow=self.live, by=by, reason=reason)
        self.change("roll_back", digest, ended, event, share=0.0, by=by, message=reason, details=details)

    def widen_canary(
        self, digest: str, begun_at: Instant, trial: Trial, *, by: str, details: Mapping[str, Any]
    ) -> None:
        """Let a canary take the share that `trial` says, all with 1 (R-25.9). PromotionRefused when it is not there any more."""
        becomes_live = trial.share >= 1.0 and not trial.narrows

        def wider(standing: Standing) -> Standing:
            self._same(standing, digest, begun_at)
            if becomes_live:
                return self._made_live(digest)
            return msgspec.structs.replace(standing, share=trial.share, trial=trial)

        event = ev.FlowPromoted(flow=digest, by=by) if becomes_live else trial.promoted(digest)
        message = "the next step of the plan"
        self.change(
            "promote", digest, wider, event, share=trial.share, by=by, message=message, details=details, must=True
        )

    def pause_plan(self, paused: bool, *, by: str) -> None:
        """Let the plan of the canary rest, or go on. PromotionRefused when there is none."""

        def changed(standing: Standing) -> Standing:
            trial = standing.trial
            if not standing.canary or trial is None or trial.plan is None:
                raise PromotionRefused("no canary is widened by a plan; pbx promote --plan starts one")
            plan = msgspec.structs.replace(trial.plan, paused=paused)
            return msgspec.structs.replace(standing, trial=msgspec.structs.replace(trial, plan=plan))

        digest, share = self.standing.canary, self.standing.share
        self.change("pause" if paused else "resume", digest, changed, share=share, by=by)

    def _same(self, standing: Standing, digest: str, begun_at: Instant) -> None:
        if standing.canary != digest or standing.trial is None or standing.trial.begun_at != begun_at:
            raise PromotionRefused(f"version {digest[:12]} is not tried any more")

    def roll_back(self, *, by: str = "", message: str = "") -> str:
        """End a canary, or else make the version before the live one live again; the digest that is live now."""
        with self._lock:
            after = self.standing
            if after.canary:
                after = msgspec.structs.replace(after, canary="", share=0.0, trial=None)
            elif len(after.live) > 1:
                after = msgspec.structs.replace(after, live=after.live[:-1], held="")
            else:
                raise PromotionRefused("there is no version to go back to")
            digest = after.live[-1]
            put = self._prepared(after)
            deed = Deed(action="roll_back", flow=digest, standing=after, by=by, message=message)
            self._do(deed, put, ev.FlowPromoted(flow=digest))
            return digest

    def change(
        self,
        action: Action,
        digest: str,
        after: Callable[[Standing], Standing],
        event: ev.Event | None = None,
        *,
        share: float = 1.0,
        by: str = "",
        message: str = "",
        details: Mapping[str, Any] | None = None,
        must: bool = False,
        text: str | None = None,
        name: str = "",
    ) -> Standing:
        """The one door for a deed that is more than those above, as a canary's: `after` makes the new standing of the one that
        holds now, `event` tells the engine. Audited, on the disk before it has any effect, taken back when it has none. What is
        raised in `after` is raised here, and nothing was done. With `must`, trunks and users of the new standing must be right.
        """
        with self._lock:
            standing = after(self.standing)
            put = self._prepared(standing, must=must)
            deed = Deed(
                action=action,
                flow=digest,
                share=share,
                standing=standing,
                by=by,
                message=message,
                details=dict(details or {}),
                text=text,
                name=name,
            )
            self._do(deed, put, event)
            return standing

    def name(self, digest: str, name: str, *, by: str) -> None:
        """Let people call a version `name` from now on."""
        self.change("name", digest, lambda standing: standing, by=by, name=name)

    def retire(self, digest: str, *, by: str = "") -> str:
        """Let a version take no new calls; those on it run to their end. The live one cannot be retired. The digest that is
        live."""
        with self._lock:
            if digest == self.live:
                raise PromotionRefused(f"version {digest[:12]} is live; promote another one before it is retired")
            was = self.standing
            if digest not in self.flows and digest not in was.drafts:
                raise PromotionRefused(f"version {digest[:12]} is retired or not known here")
            tried = was.canary == digest
            after = msgspec.structs.replace(
                was,
                live=tuple(known for known in was.live if known != digest),
                published=tuple(known for known in was.published if known != digest),
                drafts=tuple(known for known in was.drafts if known != digest),
                held="" if was.held == digest else was.held,
                canary="" if tried else was.canary,
                share=0.0 if tried else was.share,
                trial=None if tried else was.trial,
            )
            put = self._prepared(after)
            event = ev.FlowRetired(flow=digest) if digest in self.flows else None  # the engine never knew a draft
            self._do(Deed(action="retire", flow=digest, standing=after, by=by), put, event)
            return self.live

    def _prepared(self, after: Standing, must: bool = False) -> Effect:
        """What puts trunks and users of the versions in force. When they cannot be read a promotion is refused; what goes back
        leaves them as they are."""
        try:
            return self._prepare([self.flows[digest] for digest in after.in_force])
        except ConfigError as fault:
            if must:
                raise PromotionRefused(str(fault)) from None
            log.error("trunks stay as they are: %s", fault)
            return _nothing

    def _do(self, deed: Deed, effect: Effect, event: ev.Event | None = None) -> None:
        """Durable first, then effect, or as if nothing had been asked for."""
        try:
            self._record(deed)
        except InDoubt as doubt:
            self._take_back(deed)
            raise InDoubt(f"{deed.action} of version {deed.flow[:12]} was taken back: {doubt}") from doubt

        def put(controller: CallController) -> None:
            faults_before = controller.faults
            effect(controller)
            if event is not None:
                controller.feed(event)
            if controller.faults != faults_before:
                raise NotInForce("the engine refused the change, see the log")

        try:
            self._driver.ask_inside(put)
        except BaseException as fault:
            self._take_back(deed)
            if isinstance(fault, Exception):
                raise NotInForce(f"{deed.action} of version {deed.flow[:12]} did not come about: {fault}") from fault
            raise
        self.standing = deed.standing
        log.info("version %s: %s by %s, warnings acknowledged by %s", deed.flow[:12], deed.action, deed.by or "somebody",
                 deed.acknowledged_by or "nobody")  # fmt: skip

    def _take_back(self, deed: Deed) -> None:
        undone = Deed(action="undone", flow=deed.flow, share=deed.share, standing=self.standing, by=deed.by)
        try:
            self._record(undone)
        except JournalUnavailable as fault:
            log.critical("a start may find version %s as if %s had been done: %s", deed.flow[:12], deed.action, fault)
        put = self._prepared(self.standing)
        try:
            self._driver.ask_inside(put)
        except Exception as fault:
            log.error("trunks and users may be those of version %s: %s", deed.flow[:12], fault)


def _nothing(_: CallController) -> None:
    """Nothing else is to be put in force."""
