"""From files of another PBX to a document of ours: which reader a file is for, and what is put together.

Decides by names and contents which file is which. Leaves their meaning to the readers beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.loading.load import examine
from pbxsim.importers import asterisk_files, asterisk_queues, callcenter_xml, freepbx_database, fusionpbx_tables, kazoo
from pbxsim.importers.asterisk_dialplan import Dialplan
from pbxsim.importers.draft import DocumentMaker, ImportRefused
from pbxsim.importers.fusionpbx import FusionPbx
from pbxsim.importers.losses import ImportLosses

PROGRAMS: Final = {".xml": "FreeSWITCH", ".json": "Kazoo", ".sql": "FusionPBX", ".csv": "FusionPBX"}
"""By the end of a file's name; Asterisk's names end in anything else."""


def read(paths: Sequence[Path], name: str = "imported", domain: str = "") -> tuple[str, ImportLosses]:
    """A document as YAML and the account of every setting. `domain` chooses a PBX where FusionPBX's tables are of several.
    Raises ImportRefused."""
    if not paths:
        raise ImportRefused("no file was given")
    programs = {PROGRAMS.get(fusionpbx_tables.plain_suffix(path), "Asterisk") for path in paths}
    if len(programs) > 1:
        raise ImportRefused("these are files of two programs; import them one after the other")
    (program,) = programs
    if domain and program != "FusionPBX":
        raise ImportRefused("--domain is for tables of FusionPBX, whose databases hold several PBXs")
    draft = DocumentMaker(name, program)
    if program == "FusionPBX":
        FusionPbx(fusionpbx_tables.of_domain(fusionpbx_tables.read(paths), domain), draft).take()
    elif program == "Kazoo":
        callflows = kazoo.Callflows(draft)
        for path in paths:
            callflows.read(path)
        callflows.ways_in()
    elif program == "FreeSWITCH":
        for path in paths:
            callcenter_xml.take(callcenter_xml.parse(path), draft)
    else:
        lines = {path: asterisk_files.lines_of(path) for path in paths}
        databases = [path for path in paths if freepbx_database.is_one(lines[path])]
        found = [asterisk_files.read(path, draft.losses) for path in paths if path not in databases]
        plans = [sections for sections in found if _is_dialplan(sections)]
        for sections in found:
            if sections not in plans:
                asterisk_queues.take(sections, draft)
        for path in databases:
            freepbx_database.take(lines[path], path.name, draft)
        for sections in plans:
            plan = Dialplan(sections, draft)
            plan.ways_in()
            plan.account()
    text = draft.text()
    flow, faults = examine(text.encode(), f"{name}.yaml")
    if flow is None:
        told = "\n".join(fault.line_of("error") for fault in faults)
        raise ImportRefused(f"these files make a document that cannot be a PBX:\n{told}")
    return text, draft.losses


def _is_dialplan(sections: list[asterisk_files.Section]) -> bool:
    return any(entry.key.lower() in ("exten", "same") for section in sections for entry in section.entries)
