"""New documents: from nothing, from a template, from an uploaded file, or why not.

Decides what a new document says and what an uploaded one must be (R-01.6). Leaves where it lies to `workspace.py`. The
templates are whole PBXs that come with the project, with a scenario each (`datasets/pbx/`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from engine.calendar import zones
from engine.document import yaml_text
from engine.document.faults import Fault
from engine.document.models import Head
from engine.loading.load import examine
from pbxsim import datasets
from pbxsim.workbench.document import russian_names, sounds
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.yaml_edits import Edits

TEMPLATES = ("empty", "office", "shop", "clinic", "callcentre")
"""What a new PBX may begin as; all but the first are folders of `datasets/pbx/`."""

LARGEST_BYTES = 4 * 1024 * 1024
_ACCOUNT = re.compile(next(mark.pattern for mark in Head.model_fields["pbx"].metadata if hasattr(mark, "pattern")))
_EMPTY = "# A PBX of its own.\npbx: empty\nzone: Europe/Moscow\n"


class New(msgspec.Struct, frozen=True):
    """A document that has no file yet."""

    name: str
    """The account name, which is also that of its file."""
    text: str
    scenario: str = ""
    """The text of the scenario that goes with it."""
    faults: tuple[Fault, ...] = ()


def made(name: str, zone: str, template: str, language: str = "en") -> New:
    """A new PBX, which greets and names its parts in `language`. Raises EditRefused for a name or a zone that is none."""
    name = name.strip()
    if not _ACCOUNT.fullmatch(name):
        raise EditRefused("a name has 3 to 32 Latin letters and digits, the first one a letter", "R-01.6")
    try:
        zones.parse(zone)
    except zones.UnknownZone:
        raise EditRefused("{0} is no time zone", "R-11.6", subject=zone) from None
    folder = datasets.folder() / "pbx" / template
    whole = template in TEMPLATES[1:]
    text = (folder / "pbx.yaml").read_text(encoding="utf-8") if whole else _EMPTY
    edits = Edits(sounds.spoken_in(russian_names.named(text) if language == "ru" else text, language))
    edits.set(("pbx",), name)
    edits.set(("zone",), zone)
    scenario = (folder / "scenario.yaml").read_text(encoding="utf-8") if whole else ""
    return New(name.lower(), edits.apply(), scenario)


def read(data: bytes) -> New:
    """An uploaded document, with everything wrong with it. Raises Unreadable for what cannot be edited at all."""
    if len(data) > LARGEST_BYTES:
        raise EditRefused("the file is larger than 4 MiB")
    parsed, _, found = yaml_text.read_text(data.decode("utf-8-sig", errors="replace"), "")
    if parsed is None or found:
        raise Unreadable(found)
    name = str(parsed.get("pbx", ""))
    if not _ACCOUNT.fullmatch(name):
        raise EditRefused("the file has no name of a PBX: its first line is `pbx: name`", "R-01.6")
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    return New(name.lower(), text, faults=examine(text)[1])


class Unreadable(EditRefused):
    """An uploaded file is no YAML; `faults` say in which line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("the file is not readable as YAML")
        self.faults = tuple(faults)
