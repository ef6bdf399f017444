"""How `pbx` speaks: text for people on a terminal, one JSON value for programs, and an exit status for scripts.

Decides the statuses (0 good, 1 findings, 2 bad input), where things go (results to stdout; progress, warnings and
errors to stderr) and how a fault is written. Leaves what is said to the commands, and the language to `language.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine import compiled
from engine.document.faults import Fault
from engine.translations import faults_ru
from pbxsim.cli.language import spoken, tr

GOOD = 0
FINDINGS = 1
BAD_INPUT = 2

FILE_WIDTH = 160
"""Columns of tables that go to a file or another program."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else FILE_WIDTH)
"""Results."""

err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Everything that is not the result."""


NO_TEXT = re.compile("[\udc80-\udcff]")
"""A byte that is no text, as Python keeps it in a word of the command line (PEP 383)."""


class CommandRefused(Exception):
    """The input is at fault, nothing was started: one message, or the faults of a document. Ends with status 2."""

    def __init__(self, message: str, faults: Sequence[Fault] = (), rule: str = "") -> None:
        """`rule` is the rule of the specification that refuses, where the message does not name it (R-25.7)."""
        self.message = f"{message.rstrip('.')} ({rule})." if rule and "R-" not in message else message
        super().__init__(self.message)
        self.faults = tuple(faults)


def refuse(refusal: CommandRefused, as_json: bool) -> int:
    """Tell why nothing was done; gives the exit status."""
    if as_json:
        print_json({"error": refusal.message, "faults": refusal.faults})
    for fault in refusal.faults:
        print_fault(fault, err)
    err.print(refusal.message, style="bold red" if not refusal.faults else "", markup=False)
    return BAD_INPUT


def no_text(word: str) -> str:
    """What is said of a word whose bytes are no text here: a name of another encoding, as the system hands it over (PEP 383)."""
    shown = word.encode("utf-8", "backslashreplace").decode()
    return tr("{word}: some bytes are no text in UTF-8; type it again, or rename the file.", word=shown[-80:])


def engine_running() -> str:
    """Which engine runs in this process: the compiled one, or the interpreted one and why."""
    running = compiled.running
    if running.is_compiled:
        return tr("compiled by {made_by}", made_by=running.made_by)
    return tr("interpreted: {reason}", reason=tr(compiled.WHY_NOT[running.why_not], detail=running.detail))


def warn_of_stale_build() -> None:
    """On a terminal, say that there is a compiled engine and that it does not run; programs ask `pbx --version`."""
    if compiled.running.is_passed_over and sys.stderr.isatty():
        err.print(tr("engine: {engine}", engine=engine_running()), style="yellow", markup=False)


def print_json(value: Any) -> None:
    """One JSON value on stdout, readable; msgspec structs, dates and tuples included."""
    plain = msgspec.to_builtins(value, str_keys=True)  # a mapping by internal number has text for keys in JSON
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=2).decode() + "\n")


def print_fault(fault: Fault, console: Console) -> None:
    """A fault as `file:line:column: severity rule: place: message. Remedy.`, and the call that shows it."""
    colour = "red" if fault.severity == "error" else "yellow"
    told = faults_ru.in_language(fault, spoken()).line_of(faults_ru.severity(fault.severity, spoken()))
    console.print(told, style=colour, markup=False)


def table(title: str, columns: Iterable[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> Table:
    """A table with translated headings; columns whose index is in `right` are numbers."""
    numbers = set(right)
    made = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim"
    )
    for index, column in enumerate(columns):
        made.add_column(tr(column), justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


class Bar:
    """A progress bar in use."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def reached(self, done: float) -> None:
        """So much is done, of the total."""
        self._bars.update(self._task, completed=done)


@contextmanager
def progress(text: str, total: float | None, quiet: bool = False) -> Iterator[Bar]:
    """A bar on stderr while something long runs. Silent when nobody watches."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
    with bars:
        yield Bar(bars, bars.add_task(text, total=total))
