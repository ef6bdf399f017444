"""The console command `pbx`. Reads the language first, then lets typer choose the command, and turns refusals into
status 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pbxsim import datasets as datasets  # programs outside this project import it from here


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `pbx` with these arguments (those of the process by default) and end the process with its exit status."""
    from engine.contract.errors import FlowError, PbxError
    from pbxsim.cli import language, output

    # The small matrices here gain nothing from threads of BLAS, which spin: a forecast by ARIMA took twenty times the time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = list(sys.argv[1:] if arguments is None else arguments)
    language.speak(language.choose(words))
    words = without_language(words)
    from pbxsim.cli import app

    output.warn_of_stale_build()
    as_json = "--json" in words
    try:
        app.command()(args=words, prog_name="pbx")
    except output.CommandRefused as refusal:
        sys.exit(output.refuse(refusal, as_json))
    except FlowError as error:
        sys.exit(output.refuse(output.CommandRefused(str(error)), as_json))
    except PbxError as error:
        sys.exit(output.refuse(output.CommandRefused(f"{type(error).__name__}: {error}"), as_json))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(output.GOOD)
    except UnicodeEncodeError as error:
        if output.NO_TEXT.search(error.object) is None:
            raise
        sys.exit(output.refuse(output.CommandRefused(output.no_text(error.object)), as_json))
    except OSError as error:  # a disk that is full, a folder that may not be entered, a name too long
        if error.filename is None:
            raise
        reason = language.system_said(error) or type(error).__name__
        sys.exit(output.refuse(output.CommandRefused(f"{error.filename}: {reason}"), as_json))


def without_language(words: list[str]) -> list[str]:
    """The words without `--lang`, which every command accepts in any place.

    >>> without_language(["check", "--lang", "ru", "example", "--lang=en"])
    ['check', 'example']
    """
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            kept += ["--", *rest]
        elif word == "--lang":
            next(rest, None)
        elif not word.startswith("--lang="):
            kept.append(word)
    return kept
