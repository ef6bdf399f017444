"""What the server answers besides its pages. Decides that it is asked whether it lives, and that answers are compressed."""

from __future__ import annotations

from typing import Any

from panel.command.serve import Serve
from tornado.web import RequestHandler

from pbxsim.workbench.shell import page_script


class Alive(RequestHandler):
    """Says which server process this is; a page that hears another name comes again."""

    def get(self) -> None:
        """The name of this process, never from a cache."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(page_script.BOOT)


class WorkbenchServe(Serve):
    """`panel serve` with what the workbench adds."""

    def customize_kwargs(self, args: Any, server_kwargs: Any) -> Any:
        """The settings of the Tornado application."""
        settings = super().customize_kwargs(args, server_kwargs)
        settings["extra_patterns"] = [*settings.get("extra_patterns", []), ("/alive", Alive)]
        settings["compress_response"] = True
        return settings
