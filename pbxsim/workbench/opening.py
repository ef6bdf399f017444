"""How a page opens: its frame goes out at once, its session is made while the browser reads the scripts.

Decides what stands in a page before its session exists, that the session is made in time, and which files a page loads, once for
the process and not once a page. Leaves what is on a page to its session, which comes by WebSocket.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import time
from typing import Any, Final

from bokeh.document import Document
from bokeh.embed.util import RenderItem
from bokeh.model import Model
from bokeh.models import Column
from bokeh.server.contexts import ApplicationContext
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.config import panel_extension
from panel.io.resources import LOCAL_DIST, Resources, bundle_resources, patch_model_css
from panel.io.server import DocHandler, _set_request_route_context, html_page_for_render_items
from panel.io.state import set_curdoc
from panel_material_ui import Button
from panel_material_ui.template.base import parse_template
from panel_material_ui.theme import MaterialDesign
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop

from pbxsim.workbench.canvas.component import FlowCanvas
from pbxsim.workbench.phone.component import PhoneFace
from pbxsim.workbench.shell import page_script, remembered
from pbxsim.workbench.shell.texts import TEXTS, Texts

QUIET_S: Final = 0.06
"""Nobody asked for a file so long: a page has its scripts, and the browser has something to do while the session is made."""

NONE_S: Final = 0.25
"""So soon a browser asks for the first file, if it has not got them all."""

PATIENCE_S: Final = 0.6
"""But no longer than this: others may open pages all the time."""

LIBRARIES: Final = ("bokeh", "bokeh-widgets", "bokeh-tables")
"""Parts of BokehJS that a page loads: what Panel's own script asks for. Nothing here draws by WebGL or shows formulas."""

ROOMS: Final = ("design", "preview", "loadtest", "staffing", "year", "compare", "live", "history", "phone")
"""Where the pages are; a room's `page` is what its page needs."""
FIRST: Final = ROOMS[0]
"""What the server's own address shows."""

THRESHOLDS: Final = (20_000, 20, 20)
"""Objects made and not yet freed before the collector looks at the young, and how many such looks before the next older ones."""

_COMPONENTS: Final = {"design": FlowCanvas, "preview": FlowCanvas, "phone": PhoneFace}
"""Whose bundle a page shows at once, beside Material's."""

_PLACES: Final[dict[Model, Any]] = {Column(): f"wb-root-{place}" for place in range(3)}
"""Where the parts of a document are drawn, in its order: the page, its address, and what Panel adds. They need no names, as
BokehJS counts them."""


class _Files:
    """When anybody last asked for a file."""

    asked_at = 0.0


def files_asked() -> None:
    """Somebody asks for a file."""
    _Files.asked_at = time.monotonic()


_asked: dict[Any, HTTPServerRequest] = {}
"""What asked for the pages whose sessions are not made yet, by session."""


def asked(id: Any) -> HTTPServerRequest | None:
    """What asked for the page of a session that is not made yet."""
    return _asked.get(id)


async def make(context: ApplicationContext, id: Any, request: HTTPServerRequest, token: str) -> None:
    """Make the session of a page that has gone out, unless there is one; `request` counts where no page was asked for."""
    request = _asked.pop(id, request)
    if any(session.id == id for session in context.sessions):
        return
    session = await context.create_session_if_needed(id, request, token)
    session.document.template_variables["dist_url"] = (
        LOCAL_DIST  # this and the next as Panel does before it writes a page
    )
    for root in session.document.roots:
        patch_model_css(root, dist_url=LOCAL_DIST)


class Opening(DocHandler):
    """Answers with a page."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The frame of the page, with the name of the session that is being made for it."""
        self.set_header("Cache-Control", "no-store")  # it names a session of its own
        _set_request_route_context(self, *args, **kwargs)
        payload: dict[str, Any] = dict(self._generate_token_payload())
        app = self.application
        settings: dict[str, Any] = {"secret_key": app.secret_key, "signed": app.sign_sessions}
        session = generate_session_id(**settings)
        token = generate_jwt_token(session, **settings, expiration=app.session_token_expiration, extra_payload=payload)
        self.set_header("Content-Type", "text/html")
        self.write(self._frame(token, payload["cookies"]))
        _asked[session] = self.request
        IOLoop.current().add_callback(self._prepare, session, token)

    async def _prepare(self, session: Any, token: str) -> None:
        """Make the session once the page has its files; a page that is quicker makes it by itself."""
        out = now = time.monotonic()
        while (
            now - max(_Files.asked_at, out) < (QUIET_S if _Files.asked_at > out else NONE_S) and now - out < PATIENCE_S
        ):
            await asyncio.sleep(QUIET_S / 3)
            now = time.monotonic()
        await make(self.application_context, session, self.request, token)

    def _frame(self, token: str, cookies: dict[str, str]) -> str:
        named = self.request.path.rstrip("/").rpartition("/")[2]
        page = named if f"page.{named}" in TEXTS else FIRST  # the server's own address, below a prefix or not
        asked = {name: self.get_query_argument(name, None) for name in ("lang", "theme")}
        texts = Texts(remembered.language(asked["lang"], cookies, self.request.headers.get("Accept-Language", "")))
        is_chosen, is_dark = remembered.theme(asked["theme"], cookies)
        theme = "dark" if is_dark else "default"
        scripts, styles, design, modules = files(self.application, page, theme)
        title = f"{texts(f'page.{page}')} · {texts('product')}"
        return html_page_for_render_items(
            (scripts, styles),
            {},
            [RenderItem(token=token, roots=_PLACES, use_for_title=False)],
            title,
            template=parse_template(page_script.TEMPLATE),
            template_variables={
                "meta": {"title": title, "viewport": "width=device-width, initial-scale=1.0"},
                "is_page": True,
                "theme_name": theme,
                "dist_url": LOCAL_DIST,
                "resources": design,
                "wb": page_script.variables(texts, "dark" if is_dark else "light", is_chosen, modules),
            },
        )


def files(app: Any, page: str, theme: str) -> tuple[str, str, Any, tuple[str, ...]]:
    """What a page loads: elements for its scripts, for its styles, the design's own, and addresses of modules."""
    scripts, styles = _bundles(app, len(Model.model_class_reverse_map))
    return scripts, styles, _design(theme), _modules(page)


@functools.cache
def _bundles(app: Any, _models: int) -> tuple[str, str]:
    """Scripts and styles of all pages; read again when there are more kinds of Bokeh models, as each may bring one."""
    with set_curdoc(Document()):
        panel_extension()  # none but the scripts every page needs
        scripts, styles = bundle_resources([], Resources.from_bokeh(app.resources()))
        return scripts, styles


@functools.cache
def _design(theme: str) -> Any:
    with set_curdoc(Document()):
        return MaterialDesign(theme=theme).resolve_resources()


@functools.cache
def _modules(page: str) -> tuple[str, ...]:
    shown: list[Any] = [Button, *([_COMPONENTS[page]] if page in _COMPONENTS else [])]
    with set_curdoc(Document()):
        return tuple(str(kind._render_esm(server=True)) for kind in shown)


async def warm() -> None:
    """Load what the pages need before somebody asks for the first, room by room, as long as the server has started.

    What is loaded stays, so that the collector of garbage looks at sessions alone: it looks whenever one has ended.
    """
    for room in ROOMS:
        importlib.import_module(f"pbxsim.workbench.{room}.page")
        await asyncio.sleep(0)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
