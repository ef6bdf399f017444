"""What a bridge begins with: a document that changed since the last run goes live at a start as by a promotion (R-25.8).

Decides whether the file is live or held back, and in whose name. Nothing with errors, wrong sounds or warnings that nobody took
upon themselves goes live by a restart, nor without what the gate asks for: it is kept as a draft, and the version that was live
stays; so it does when the file cannot be read at all. At the first start of all there is none to stay, so the bridge does not
start. Leaves what a person does later to `control.py`.
"""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from engine.contract.errors import FlowError
from engine.document import faults
from engine.document.faults import Fault
from engine.loading.load import load
from engine.state.flow import Flow
from live_bridge.promotion.gate import PromotionGate, Word
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.store.audit import clean
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import VersionChange, now

log = logging.getLogger(__name__)

REASON_MOST = 500
"""Characters of a reason."""


def login() -> str:
    """Who started this process, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody without a login"


class Starter(msgspec.Struct, frozen=True, kw_only=True):
    """Who starts a bridge, and what they take upon themselves."""

    by: str = msgspec.field(default_factory=login)
    acknowledged_by: str = ""
    """The named person who takes the document's warnings upon themselves."""
    word: Word = Word()
    """Their word that it is to pass the gate without evidence."""
    is_trial: bool = False
    """A bridge to try out on this machine: who starts it takes its warnings upon themselves."""

    @property
    def named(self) -> str:
        """Who takes warnings upon themselves, if anybody does."""
        return self.acknowledged_by.strip() or (self.by if self.is_trial else "")


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a start begins with."""

    standing: Standing
    flows: dict[str, Flow]
    held_back: str = ""
    """Why the document is not live; empty when it is, or when an earlier version was made live after it."""

    @property
    def live(self) -> Flow:
        """The version that takes calls."""
        return self.flows[self.standing.live[-1]]

    @property
    def in_force(self) -> tuple[Flow, ...]:
        """The versions that take new calls, the live one first."""
        return (self.live, *((self.flows[self.standing.canary],) if self.standing.canary else ()))


class Start:
    """One start of a bridge. `check` finds what is wrong with a version, `sounds` what is with its sounds."""

    def __init__(
        self,
        state: StateJournal,
        gate: PromotionGate,
        starter: Starter,
        check: Callable[[Flow], Sequence[Fault]],
        sounds: Callable[[Flow], Sequence[str]],
    ) -> None:
        self._state, self._gate, self._starter = state, gate, starter
        self._check, self._sounds = check, sounds

    def restore(self, file: Flow, text: str) -> Restored:
        """How versions stand at this start, `file` being the document as it is now. What the start changes is on the disk when
        this returns. Raises PromotionRefused when nothing may go live, JournalUnavailable."""
        kept = self._kept()
        flows = None if kept is None else self._flows(kept, file)
        if kept is None or flows is None:
            return self._first(file, text, kept)
        if kept.file == file.digest and kept.held != file.digest:
            return Restored(standing=kept, flows=flows)
        try:
            acknowledged_by, details = self._permitted(file, text, kept)
        except PromotionRefused as refusal:
            return self._held_back(file, text, kept, flows, str(refusal))
        live = (*(one for one in kept.live if one != file.digest), file.digest)
        after = _released(
            msgspec.structs.replace(kept, file=file.digest, live=live, canary="", share=0.0, trial=None), file.digest
        )
        self._keep("start", file, text, after, acknowledged_by, "the document was changed", details)
        return Restored(standing=after, flows={**flows, file.digest: file})

    def without_file(self, unread: FlowError) -> Restored:
        """How versions stand at a start whose document cannot be read: the version that was live stays, and nothing is written
        down, as there is no version to name. Raises `unread` when none was live."""
        kept = self._kept()
        flows = None if kept is None else self._flows(kept)
        if kept is None or flows is None:
            raise unread
        why = f"it cannot be read: {str(unread).splitlines()[0]}"
        log.error("the document is held back, version %s stays live: %s", kept.live[-1][:12], why)
        return Restored(standing=kept, flows=flows, held_back=why)

    # --- what is allowed ---------------------------------------------------------------------------------------------

    def _permitted(self, file: Flow, text: str, kept: Standing) -> tuple[str, dict[str, Any]]:
        """Who takes its warnings upon themselves, and what the gate says. Raises PromotionRefused with why it is held back."""
        acknowledged_by = self._acknowledged(file, accepted=self._was_accepted(file, text, kept))
        wrong = self._sounds(file)
        if wrong:
            raise PromotionRefused("; ".join(wrong))
        settings = self._gate.settings
        if settings.two_persons and file.digest not in kept.published:
            raise PromotionRefused(
                "nobody published it, and promotion.two_persons wants another person to let it go live"
            )
        return acknowledged_by, self._gate.permit(file.digest, kept, self._starter.by, self._starter.word)

    def _acknowledged(self, file: Flow, *, accepted: bool) -> str:
        found = tuple(self._check(file))
        serious = faults.errors(found)
        if serious:
            words = "; ".join(f"{one.place}: {one.message}" for one in serious[:3])
            raise PromotionRefused(f"it has {len(serious)} errors: {words}")
        if found and not accepted and not self._starter.named:
            words = "; ".join(f"{one.place}: {one.message}" for one in found[:3])
            raise PromotionRefused(
                f"{len(found)} warnings wait for a named person (R-25.5), who starts it with --acknowledge NAME: {words}",
                found,
            )
        return self._starter.named if found and not accepted else ""

    def _was_accepted(self, file: Flow, text: str, kept: Standing | None) -> bool:
        """Whether a person took its warnings upon themselves before: it was published or live, or is word for word the document
        of the last start, which an older program read otherwise."""
        if kept is None:
            return any(self._state.flow_text(digest) == text for digest in self._state.labels())
        return file.digest in (*kept.published, *kept.live) or (
            kept.held != kept.file and self._state.flow_text(kept.file) == text
        )

    # --- what comes of it --------------------------------------------------------------------------------------------

    def _first(self, file: Flow, text: str, kept: Standing | None) -> Restored:
        """The document is live: there is no other version, or none that can be read any more."""
        try:
            acknowledged_by = self._acknowledged(file, accepted=self._was_accepted(file, text, kept))
        except PromotionRefused as refusal:
            raise PromotionRefused(
                f"the document cannot go live, and no version was live before: {refusal}", refusal.warnings
            ) from None
        others = () if kept is None else tuple(one for one in kept.drafts if one != file.digest)
        standing = Standing(file=file.digest, live=(file.digest,), drafts=others)
        why = "the first start" if kept is None else "earlier versions cannot be read any more"
        self._keep("start", file, text, standing, acknowledged_by, why, {})
        return Restored(standing=standing, flows={file.digest: file})

    def _held_back(self, file: Flow, text: str, kept: Standing, flows: dict[str, Flow], why: str) -> Restored:
        log.error("the document is held back, version %s stays live: %s", kept.live[-1][:12], why)
        if kept.held == file.digest:
            return Restored(standing=kept, flows=flows, held_back=why)  # it was before, and is written down
        known = file.digest in (*kept.published, *kept.live, *kept.drafts)
        after = msgspec.structs.replace(
            kept, file=file.digest, held=file.digest, drafts=kept.drafts if known else (*kept.drafts, file.digest)
        )
        self._keep("held_back", file, text, after, "", why, {})
        return Restored(standing=after, flows=flows, held_back=why)

    def _keep(
        self,
        action: str,
        file: Flow,
        text: str,
        after: Standing,
        acknowledged_by: str,
        why: str,
        details: Mapping[str, Any],
    ) -> None:
        change = VersionChange(
            pbx=self._state.pbx, at=now(), action=action, flow=file.digest, share=1.0 if action == "start" else 0.0,
            by=clean(self._starter.by, 64), acknowledged_by=clean(acknowledged_by, 128), standing=msgspec.json.encode(after),
            message=clean(why, REASON_MOST),
        )  # fmt: skip
        self._state.keep_change(change, text, details=details)

    # --- what was kept -----------------------------------------------------------------------------------------------

    def _kept(self) -> Standing | None:
        changes = self._state.changes(limit=1, starts=True)
        return msgspec.json.decode(changes[0].standing, type=Standing) if changes else None

    def _flows(self, kept: Standing, file: Flow | None = None) -> dict[str, Flow] | None:
        """Every version that may be named; None when one of those cannot be read as it was."""
        flows: dict[str, Flow] = {}
        wanted = {*kept.live, *kept.published, kept.canary} - {""}
        for digest in wanted:
            if file is not None and digest == file.digest:
                flows[digest] = file
                continue
            text = self._state.flow_text(digest)
            try:
                if text is None:
                    raise FlowError(())
                flow = load(text, digest[:12])
            except FlowError as error:
                log.error("version %s cannot be read any more: %s", digest[:12], error)
                return None
            flows[flow.digest] = flow
        if not wanted <= set(flows):
            log.error("versions read otherwise than when they were published")
            return None
        return flows


def _released(standing: Standing, digest: str) -> Standing:
    """A standing in which a version is neither a draft nor held back."""
    published = standing.published if digest in standing.published else (*standing.published, digest)
    drafts = tuple(one for one in standing.drafts if one != digest)
    return msgspec.structs.replace(standing, published=published, drafts=drafts, held="")
