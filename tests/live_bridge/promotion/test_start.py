"""A document that changed goes live at a start as by a promotion, or is held back (R-25.5, R-25.8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.analysis import check
from engine.contract.errors import FlowError
from engine.loading.load import load
from live_bridge.config_sections import PromotionConfig
from live_bridge.promotion.gate import PromotionGate, Word
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.promotion.start import Restored, Start, Starter, login
from live_bridge.store import audit
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.store import Store, VersionChange
from tests.harness import rule
from tests.live_bridge.promotion.test_gate import report

ANNA = Starter(by="root", acknowledged_by="Anna Petrova")
NOBODY = Starter(by="root")


class Folder:
    """The journal and database of a bridge, and starts on it with documents that have one warning each."""

    def __init__(self, folder: Path, text: str) -> None:
        self.text = text
        self.store = Store(f"sqlite:///{folder / 'live.sqlite'}")
        self.records = BridgeJournal(self.store, "example", folder)
        self.records.start()
        self.settings = PromotionConfig()
        self.missing_sounds: list[str] = []

    def document(self, wrap_up: int) -> str:
        return self.text.replace("wrap_up: 20", f"wrap_up: {wrap_up}")

    def begun(self, starter: Starter) -> Start:
        gate = PromotionGate(self.settings, self.records.state, "example")
        return Start(self.records.state, gate, starter, check.check, lambda _: self.missing_sounds)

    def start(self, text: str, starter: Starter = NOBODY) -> Restored:
        return self.begun(starter).restore(load(text), text)

    def changed(self, action: str, standing: Standing, text: str | None = None, by: str = "Olga") -> None:
        """What a person did over the API meanwhile."""
        flow = standing.live[-1] if text is None else load(text).digest
        self.records.state.keep_change(
            VersionChange(pbx="example", at=1, action=action, flow=flow, by=by, standing=msgspec.json.encode(standing)),
            text,
        )

    def deeds(self) -> list[tuple[str, str, str]]:
        found = self.records.state.changes(starts=True)[::-1]
        return [(one.action, one.by, one.acknowledged_by) for one in found]

    def last(self) -> dict[str, Any]:
        self.records.settle()
        return dict(msgspec.json.decode(audit.entries(self.store, "example", limit=1)[0].details))


@pytest.fixture
def folder(tmp_path: Path, example_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "var", example_path.read_text(encoding="utf-8"))
    yield made
    made.records.close()
    made.store.close()


@rule("R-25.5", "R-25.8")
def test_first_start_with_warnings_wants_a_named_person(folder: Folder) -> None:
    with pytest.raises(
        PromotionRefused, match=r"no version was live before: 1 warnings .* --acknowledge NAME"
    ) as refused:
        folder.start(folder.text)
    assert refused.value.warnings and folder.deeds() == []
    first = folder.start(folder.text, ANNA)
    assert first.live.digest == load(folder.text).digest and not first.held_back
    assert folder.deeds() == [("start", "root", "Anna Petrova")]
    assert folder.last()["number"] == 1 and folder.last()["message"] == "the first start"
    assert folder.start(folder.text).standing == first.standing
    assert len(folder.deeds()) == 1, "a restart with the same document is no deed"


@rule("R-25.8")
def test_trial_on_this_machine_is_in_the_name_of_whoever_starts_it(folder: Folder) -> None:
    folder.start(folder.text, Starter(is_trial=True))
    assert folder.start(folder.document(25), Starter(is_trial=True)).live.digest == load(folder.document(25)).digest
    assert folder.deeds() == [("start", login(), login())] * 2


@rule("R-25.5", "R-25.8")
def test_changed_file_whose_warnings_are_nobodys_is_held_back_until_a_person_takes_them(folder: Folder) -> None:
    first = folder.start(folder.text, ANNA).live.digest
    changed = folder.document(25)
    second = load(changed).digest
    held = folder.start(changed)
    assert held.live.digest == first and "1 warnings wait for a named person (R-25.5)" in held.held_back
    assert (held.standing.held, held.standing.drafts) == (second, (second,))
    assert folder.deeds()[1:] == [("held_back", "root", "")] and folder.last()["number"] == 2
    again = folder.start(changed)
    assert again.held_back and len(folder.deeds()) == 2, "it was written down"
    taken = folder.start(changed, ANNA)
    assert taken.live.digest == second and not taken.held_back
    assert taken.standing.live == (first, second), "and there is a way back"
    assert (taken.standing.drafts, taken.standing.held) == ((), "")
    assert folder.deeds()[2:] == [("start", "root", "Anna Petrova")]
    folder.records.settle()
    state = folder.records.state
    assert audit.verify(folder.store, "example", state.signer, state.trail_head).whole


@rule("R-25.8")
def test_version_that_a_person_made_live_after_a_held_back_file_is_the_newer_word(folder: Folder) -> None:
    standing = folder.start(folder.text, ANNA).standing
    held = folder.start(folder.document(25)).standing
    third = folder.document(30)
    promoted = msgspec.structs.replace(held, held="", live=(*standing.live, load(third).digest))
    folder.changed("promote", promoted, third)
    found = folder.start(folder.document(25), ANNA)
    assert found.live.digest == load(third).digest and not found.held_back


@rule("R-25.8")
def test_changed_file_with_missing_sounds_is_held_back(folder: Folder) -> None:
    first = folder.start(folder.text, ANNA).live.digest
    folder.missing_sounds = ["prompts: welcome.wav is not there"]
    held = folder.start(folder.document(25), ANNA)
    assert held.live.digest == first and "welcome.wav" in held.held_back


@rule("R-25.8")
def test_published_version_that_becomes_the_file_needs_no_second_acknowledgement_and_ends_a_canary(
    folder: Folder,
) -> None:
    standing = folder.start(folder.text, ANNA).standing
    changed = folder.document(25)
    second = load(changed).digest
    tried = msgspec.structs.replace(standing, published=(second,), canary=second, share=0.1)
    folder.changed("publish", tried, changed)
    kept = folder.start(folder.text)
    assert (kept.standing.canary, kept.live.digest) == (second, load(folder.text).digest)
    found = folder.start(changed)
    assert found.live.digest == second and found.standing.canary == ""


@rule("R-25.8")
def test_restart_asks_for_evidence_or_a_persons_word_as_a_promotion_does(folder: Folder) -> None:
    folder.settings = PromotionConfig(gate="required")
    first = folder.start(folder.text, ANNA).live.digest
    changed = folder.document(25)
    held = folder.start(changed, ANNA)
    assert held.live.digest == first and "lacks evidence (R-25.8)" in held.held_back
    word = Word(by="Olga Ivanova", reason="the office floods")
    assert folder.start(changed, msgspec.structs.replace(ANNA, word=word)).live.digest == load(changed).digest
    assert (folder.last()["gate"], folder.last()["skipped_by"]) == ("skipped", "Olga Ivanova")

    third = folder.document(30)
    assert folder.start(third, ANNA).held_back
    found = report(flow=load(third).digest, live=load(changed).digest)
    gate = PromotionGate(folder.settings, folder.records.state, "example")
    gate.attach(found.flow, msgspec.json.encode(found), by="Boris", live=found.live)
    assert folder.start(third, ANNA).live.digest == found.flow, "evidence came meanwhile"
    assert folder.last()["gate"] == "passed"


@rule("R-25.8")
def test_with_two_persons_nobody_makes_a_file_live_that_nobody_published(folder: Folder) -> None:
    folder.settings = PromotionConfig(two_persons=True)
    standing = folder.start(folder.text, ANNA).standing
    changed = folder.document(25)
    assert "two_persons" in folder.start(changed, ANNA).held_back
    published = msgspec.structs.replace(standing, file=load(changed).digest, held=load(changed).digest)
    folder.changed("publish", msgspec.structs.replace(published, published=(load(changed).digest,)), changed, by="root")
    assert "another person" in folder.start(changed, ANNA).held_back, "root published it"
    assert not folder.start(changed, msgspec.structs.replace(ANNA, by="boris")).held_back


@rule("R-25.8")
def test_document_that_an_older_program_read_otherwise_stays_live(folder: Folder) -> None:
    """A new program may give the same text another digest: no phone goes silent for that."""
    old = "e" * 64
    folder.changed("publish", Standing(file=old, live=(old,)), None)
    folder.records.state.keep_document(old, folder.text)
    assert folder.start(folder.text).live.digest == load(folder.text).digest
    assert folder.deeds()[-1] == ("start", "root", "")


@rule("R-25.8")
def test_database_of_a_bridge_that_kept_no_starts_goes_on_with_its_document(folder: Folder) -> None:
    folder.records.state.keep_document(load(folder.text).digest, folder.text)
    assert folder.start(folder.text).live.digest == load(folder.text).digest


@rule("R-25.8")
def test_document_that_cannot_be_read_leaves_the_live_version_in_force_and_stops_only_a_first_start(
    folder: Folder,
) -> None:
    broken = folder.document(25).replace("mismatch: 5001", "mismatch: 5998")
    with pytest.raises(FlowError) as faults:
        load(broken)
    with pytest.raises(FlowError) as first:
        folder.begun(NOBODY).without_file(faults.value)
    assert first.value is faults.value and folder.deeds() == []
    before = folder.start(folder.document(20), ANNA)
    after = folder.begun(NOBODY).without_file(faults.value)
    assert after.live.digest == before.live.digest and after.standing == before.standing
    assert "5998" in after.held_back and folder.deeds() == [("start", "root", "Anna Petrova")]
    assert folder.start(folder.document(20)).held_back == "", "the file as it was is live as before"
