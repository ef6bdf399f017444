"""The command `pbx`: what it is made of. Ours, and those that other packages of this installation bring along.

Decides the list of commands and how they are told in the language in use. Commands of the entry point group
`pbx_workbench.commands` (the live bridge's, for one) are taken in without importing anybody by name.
"""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from typer import rich_utils
from typer.main import get_command

from pbxsim.cli import (
    calibrate,
    check,
    diff,
    document,
    gate,
    model,
    rehearse,
    run,
    staff,
    trace,
    workbench,
    year,
)
from pbxsim.cli.beside import twin
from pbxsim.cli.importing import import_pbx
from pbxsim.cli.language import spoken, tr
from pbxsim.cli.output import engine_running, err, out
from pbxsim.cli.persons import user
from pbxsim.cli.recorded import backtest, forecast, intervals, intraday, learn
from pbxsim.cli.russian import misuse

GROUP = "pbx_workbench.commands"

HELP = """A workbench for the call flows of a business PBX.

PBX is a file, or the name of one that comes with the project: example.

Exit status: 0 good, 1 findings, 2 bad input."""

EPILOG = 'Start with: pbx check example, then pbx trace example --number 84951234567 --at "2026-11-23 09:30".'


HELP_OPTIONS = ["-h", "--help"]


def tell_version(wanted: bool) -> None:
    """Print the version, and which engine runs here: the compiled one, or the interpreted one and why."""
    if not wanted:
        return
    out.print(f"pbx-workbench {version('pbx-workbench')}", markup=False)
    out.print(tr("engine: {engine}", engine=engine_running()), markup=False)
    raise typer.Exit


def root(
    lang: Annotated[str, typer.Option(metavar="en|ru", help="Language of messages; LANG decides otherwise.")] = "",
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=tell_version, is_eager=True, help="Show the version and which engine runs."),
    ] = False,
) -> None:
    """Holds the options of `pbx` itself; `--lang` is read before the commands are made, see `language.choose`."""


def build() -> typer.Typer:
    """All commands, not yet translated."""
    app = typer.Typer(
        name="pbx",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": HELP_OPTIONS},
    )
    app.callback()(root)
    for module in (
        check,
        trace,
        year,
        diff,
        calibrate,
        learn,
        backtest,
        forecast,
        intraday,
        intervals,
        model,
        staff,
        document,
        import_pbx,
        rehearse,
        gate,
        twin,
        workbench,
        user,
        run,
    ):
        module.add_to(app)
    take_in(app)
    return app


def take_in(app: typer.Typer) -> None:
    """Add the commands of every application in the entry point group; one that is broken is named and left out."""
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        try:
            plugin: typer.Typer = entry.load()
        except Exception as error:
            err.print(
                tr("The commands of {name} are missing: {reason}", name=entry.name, reason=error),
                style="yellow",
                markup=False,
            )
            continue
        app.registered_commands.extend(plugin.registered_commands)
        app.registered_groups.extend(plugin.registered_groups)


def command() -> Any:
    """The command as click runs it, in the language in use."""
    made = get_command(build())
    rich_utils.ARGUMENTS_PANEL_TITLE = tr("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = tr("Options")
    rich_utils.COMMANDS_PANEL_TITLE = tr("Commands")
    rich_utils.ERRORS_PANEL_TITLE = tr("Error")
    rich_utils.DEFAULT_STRING = tr("[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = tr("[required]")
    rich_utils.RICH_HELP = tr("Try [blue]'{command_path} {help_option}'[/] for help.")
    rich_utils.rich_format_error = _tell_misuse  # type: ignore[assignment]  # it calls its argument `self`
    made.context_class.formatter_class = _Usage
    _translate(made)
    return made


_ENGLISH_MISUSE = rich_utils.rich_format_error
_Formatter: Any = typer.Context.formatter_class


class _Usage(_Formatter):  # type: ignore[misc]  # typer keeps click's formatter to itself
    """The line that says how a command is written, begun in the language in use."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, tr("Usage: ") if prefix is None else prefix)


def _tell_misuse(error: Any) -> None:
    """What is wrong with the words of a command, in the language in use."""
    if spoken() == "ru":
        text = misuse.translated(error.format_message())
        error.format_message = lambda: text
    _ENGLISH_MISUSE(error)


def _translate(one: Any) -> None:
    for name in ("help", "short_help", "epilog"):
        text = getattr(one, name, None)
        if text:
            setattr(one, name, "\n\n".join(_translated(paragraph) for paragraph in paragraphs(text)))
    for parameter in getattr(one, "params", ()):
        if getattr(parameter, "help", None):
            parameter.help = tr(parameter.help)
    helping = one.get_help_option(typer.Context(one, help_option_names=HELP_OPTIONS))  # made once, then kept
    if helping is not None:
        helping.help = tr("Show this message and exit.")
    for child in getattr(one, "commands", {}).values():
        _translate(child)


def _translated(paragraph: str) -> str:
    if paragraph.startswith("Example:"):
        return tr("Example:") + paragraph.removeprefix("Example:")
    return tr(paragraph)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each on one line: what the catalogue knows.

    >>> paragraphs("One\\nline.\\n\\nAnother.")
    ['One line.', 'Another.']
    """
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
