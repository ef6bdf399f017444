"""Parts of a page that are hidden when it opens are made once they are shown, and stay then."""

from __future__ import annotations

import subprocess
import sys

_OWN = """
import panel as pn
import panel_material_ui as pmui
from bokeh.document import Document
from bokeh.plotting import figure
from panel.io.state import set_curdoc

from pbxsim.workbench import hidden_parts

hidden_parts.make_when_shown()
wide = {"sizing_mode": "stretch_width"}
told = pmui.Alert(object="first", visible=False)
inner = pmui.Column(pmui.Button(label="b"), told, visible=False, **wide)
chart = pmui.Column(pn.pane.Bokeh(figure(height=80)), visible=False, **wide)
soon = pmui.Typography("soon", visible=False)
hidden_parts.is_shown_soon(soon)
narrow = pmui.Row(pmui.Button(label="c", visible=False))
question = pmui.Dialog(pmui.Typography("sure?"), open=False)
seen = pmui.Button(label="a")
page = pmui.Column(told, seen, inner, chart, soon, narrow, question, **wide)
document = Document()
with set_curdoc(document):
    root = page.get_root(document)
    document.add_root(root)


def made(part):
    return [one._models[root.ref["id"]][0] for one in part.objects if root.ref["id"] in one._models]


def sent(part):
    return list(part._models[root.ref["id"]][0].data.objects)


assert len(made(page)) == 5 and sent(page) == made(page), "told and inner wait, and nothing else"
assert len(made(narrow)) == 1, "the parts of a list without a size of its own say how large it is"
assert not made(question)
told.object = "second"
with set_curdoc(document):
    told.visible = True
assert sent(page) == made(page) and len(made(page)) == 6 and "second" in sent(page)[0].data.object
kept = sent(page)
with set_curdoc(document):
    inner.visible = True
assert len(sent(inner)) == 2, "a part that is in two lists is one model"
assert [one for one in sent(page) if one in kept] == kept, "what was there stays"
with set_curdoc(document):
    told.visible = inner.visible = False
assert len(sent(page)) == 7 and not told._models[root.ref["id"]][0].visible
with set_curdoc(document):
    question.open = True
assert len(sent(question)) == 1
"""


def test_hidden_parts_are_made_when_they_are_shown() -> None:
    done = subprocess.run([sys.executable, "-c", _OWN], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
