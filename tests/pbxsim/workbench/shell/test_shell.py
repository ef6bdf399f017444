"""Words of the pages' common pieces come out as they are written."""

from __future__ import annotations

import html

from pbxsim.workbench.shell.shell import hint


def test_a_command_keeps_its_hyphens() -> None:
    words = "pbx twin URL --scenario FILE (c) ..."
    assert words in html.unescape(hint(words)._transform_object(words)["object"])
