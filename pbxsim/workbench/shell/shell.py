"""What all pages have in common: frame, navigation, theme, language, and the end of a session.

Decides the look and what happens when a browser goes away. Each page is an address of its own, because every component
costs server time when a session opens.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui

from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.document import workspace
from pbxsim.workbench.phone import link
from pbxsim.workbench.shell import accessibility, page_script, remembered
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

pn.pane.Markdown.param.renderer_options.default = {"typographer": False}
"""Words are shown as they are written: `--scenario` is no dash and an option."""
pmui.FileInput.uploaded_label = "{filename}"
"""A button for a file says by itself, in English, that it has one."""

EMPLOYEES_PAGES = ("history",)
PAGES = ("design", "preview", "loadtest", "staffing", "year", "versions", "live", "history")
_TYPE = {
    "fontSize": 13,
    "button": {"textTransform": "none", "fontWeight": 600},
    "subtitle2": {"fontSize": 13.5, "fontWeight": 600},
}
_PARTS = {
    "MuiButton": {
        "styleOverrides": {
            "contained": {"border": "1px solid transparent"},
            "text": {"border": "1px solid transparent"},
            "outlined": {"paddingTop": 6, "paddingBottom": 6},
            "sizeSmall": {"fontSize": 12},
        }
    },
    "MuiDialog": {"styleOverrides": {"paper": {"backgroundImage": "none"}}},
    "MuiPickersTextField": {"styleOverrides": {"root": {"width": "100%"}}},
    "MuiSelect": {
        "styleOverrides": {"select": {"paddingTop": "8.5px !important", "paddingBottom": "8.5px !important"}}
    },
    "MuiInputLabel": {
        "styleOverrides": {
            "root": {
                "fontSize": "13.8px !important",
                "&:not(.MuiInputLabel-shrink)": {
                    "transform": "translate(14px, 9px) !important",
                    "padding": "0 !important",
                },
            },
            "shrink": {"transform": "translate(14px, -8px) scale(.85) !important", "maxWidth": "calc(117% - 32px)"},
        }
    },
    "MuiFormControl": {"styleOverrides": {"root": {"& fieldset > legend": {"fontSize": ".85em"}}}},
    "MuiFormHelperText": {"styleOverrides": {"root": {"fontSize": 11.5}}},
}
"""A field to choose from, one or several, is as tall as one to write in, and named as large and at the same place; so are buttons
of every sort, framed or not. The name above a field is read without a lens: 11.7 pixels, and the frame opens as wide."""
THEME: dict[str, Any] = {
    "light": {
        "components": _PARTS,
        "palette": {
            "default": {"dark": "#55657c"},
            "primary": {"main": "#2563eb"},
            "error": {"main": "#dc2626"},
            "warning": {"main": "#b45309"},
            "success": {"main": "#15803d"},
            "background": {"default": "#eef2f7", "paper": "#ffffff"},
            "text": {"primary": "#0f172a", "secondary": "#55657c"},
            "divider": "#dde4ee",
        },
        "shape": {"borderRadius": 8},
        "typography": _TYPE,
    },
    "dark": {
        "components": _PARTS,
        "palette": {
            "default": {"dark": "#9fb0ca"},
            "primary": {"main": "#60a5fa"},
            "error": {"main": "#f87171"},
            "warning": {"main": "#fbbf24"},
            "success": {"main": "#4ade80"},
            "background": {"default": "#080e1a", "paper": "#111a2c"},
            "text": {"primary": "#e8eef9", "secondary": "#9fb0ca"},
            "divider": "#2b3a56",
        },
        "shape": {"borderRadius": 8},
        "typography": _TYPE,
    },
}
PHONE_PAGE = "phone"
"""Not among the pages: it stands in a window of its own."""

NARROW = "@media (max-width: 860px)"
"""A telephone, or a window beside another."""

PHONE = "@media (max-width: 560px)"
_SMALL_PHONE = "@media (max-width: 370px)"
_TWO_ROWS = "@media (max-width: 1180px)"
"""Where the pages stand below the rest of the head."""

_BAR = {
    "& .MuiAppBar-root": {
        "bgcolor": "#0f172a",
        "boxShadow": "none",
        "backgroundImage": "none",
        "borderBottom": "1px solid #1f2b44",
    },
    "& .MuiAppBar-root > .MuiLinearProgress-root": {"display": "none"},
    "& .MuiAppBar-root .MuiIconButton-root, & .MuiAppBar-root .MuiIconButton-root *": {"color": "#e2e8f0"},
    "& .MuiToolbar-root": {"minHeight": "56px !important", "height": "56px"},
    "& main .MuiToolbar-root": {"visibility": "hidden"},
    "& .main, & main": {"bgcolor": "background.default"},
    _TWO_ROWS: {
        "& .MuiToolbar-root": {"height": "86px"},
        "& .MuiAppBar-root .MuiToolbar-root": {"alignItems": "flex-start", "p": "4px 8px"},
        "& .MuiAppBar-root .MuiToolbar-root > .MuiBox-root": {"flexWrap": "wrap", "minWidth": 0, "width": "100%"},
        "& .wb-state": {"flex": "1 1 0", "minWidth": 0, "order": 1},
        "& .wb-tongue": {"order": 2},
        "& .wb-theme": {"order": 3},
        "& .wb-nav": {"order": 4, "flex": "1 0 100%", "margin": "2px 0 0 !important", "width": "100%"},
        "& .wb-gap": {"display": "none !important"},
    },
    PHONE: {"& .MuiToolbar-root": {"height": "116px"}},
    _SMALL_PHONE: {"& .MuiToolbar-root": {"height": "146px"}},
}
_BAR_ALONE = {name: style for name, style in _BAR.items() if name not in (_TWO_ROWS, PHONE, _SMALL_PHONE)} | {
    "& .MuiAppBar-root .MuiToolbar-root > .MuiBox-root": {"minWidth": 0, "width": "100%"},
}
"""Of a page in a window of its own, which has no row of pages."""
_BARE = {"& .MuiAppBar-root, & main .MuiToolbar-root": {"display": "none !important"}}
"""For a screen that nobody touches."""

STACKED: dict[str, Any] = {
    NARROW: {
        "flexDirection": "column",
        "flexWrap": "nowrap",
        "overflowY": "auto",
        "& > .child-wrapper > *": {
            "width": "auto !important",
            "alignSelf": "stretch",
            "height": "auto !important",
            "maxHeight": "none !important",
            "flex": "none !important",
            "overflow": "visible !important",
            "margin": "2px 10px 8px !important",
        },
        "& > .child-wrapper > .wb-frame": {"height": "65vh !important"},
    }
}
"""What stands side by side stands one below another on a narrow screen; a canvas keeps a height of its own there."""
STACKED_CARDS: dict[str, Any] = {
    NARROW: {
        "flexDirection": "column",
        "& > .child-wrapper > *": {"width": "auto !important", "alignSelf": "stretch", "margin": "0 0 10px !important"},
    }
}
"""The same for boxes beside one another within a column."""
CARD: dict[str, Any] = {
    "elevation": 0,
    "margin": (0, 0, 10, 0),
    "sizing_mode": "stretch_width",
    "sx": {
        "border": "1px solid",
        "borderColor": "divider",
        "p": 1.75,
        "bgcolor": "background.paper",
        "backgroundImage": "none",
    },
}
"""Every box on a page."""

ALERT = {
    "fontSize": 13,
    "py": 0.25,
    "& .MuiAlert-message, & .MuiAlert-message *": {"fontSize": 13, "my": 0},
    "& .MuiAlert-message": {"pb": "8px !important", "overflowWrap": "anywhere"},
    "& a": {"color": "inherit"},
}
"""Every notice on a page."""

_NAV_STYLE = """
:host { font: 500 14px Roboto, sans-serif; }
nav, div { display: flex; align-items: center; gap: 4px; white-space: nowrap; }
a { color: #cbd5e1; text-decoration: none; padding: 7px 13px; border-radius: 8px; }
a:hover { background: rgb(148 163 184 / .18); color: #fff; }
a.here { background: rgb(96 165 250 / .22); color: #fff; }
a:focus-visible { outline: 2px solid #60a5fa; }
.phone { display: inline-flex; padding: 7px 8px; }
.who { overflow: hidden; text-overflow: ellipsis; max-width: 190px; }
.product { color: #fff; font-size: 16.5px; font-weight: 600; padding: 7px 8px; margin-right: 12px; }
h1 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 1620px) {
  nav { gap: 1px; }
  a { padding: 7px 8px; }
  .product { margin-right: 2px; }
  .who { max-width: 120px; }
}
@media (max-width: 1500px) {
  :host { font-size: 13.5px; }
  a { padding: 7px; }
  .who { max-width: 96px; }
}
@media (max-width: 1340px) {
  :host { font-size: 13px; }
  a { padding: 7px 6px; }
  .product { display: none; }
  .who { max-width: 96px; }
}
@media (max-width: 1180px) { nav { justify-content: space-between; } }
@media (max-width: 560px) {
  :host { font-size: 13.5px; }
  :host(.wb-nav), :host(.wb-nav) > div { width: 100%; }
  nav { display: grid; width: 100%; grid-template-columns: repeat(4, auto); justify-content: space-between; }
  .who { max-width: 96px; padding: 7px 4px; }
  nav a { padding: 6px 4px; text-align: center; line-height: 18px; }
}
@media (max-width: 370px) { nav { grid-template-columns: repeat(3, auto); } }
"""
_STATE_STYLE = """
:host { font: 500 13px Roboto, sans-serif; color: #cbd5e1; }
div { display: flex; align-items: center; gap: 10px; white-space: nowrap; }
b { overflow: hidden; text-overflow: ellipsis; }
code { font: 12px "Roboto Mono", ui-monospace, monospace; color: #94a3b8; }
b { color: #fff; font-weight: 600; }
@media (max-width: 1620px) {
  div { gap: 6px; }
  b { display: inline-block; max-width: 130px; vertical-align: bottom; }
  div:has(.chip) b { max-width: 80px; }
}
details { position: relative; min-width: 0; }
summary { cursor: pointer; list-style: none; padding: 4px 8px; border-radius: 8px; overflow: hidden; text-overflow: ellipsis; }
summary::after { content: "▾"; margin-left: 5px; color: #94a3b8; }
summary:hover { background: rgb(148 163 184 / .18); }
summary:focus-visible, a:focus-visible { outline: 2px solid #60a5fa; }
p { position: absolute; z-index: 20; top: 30px; left: 0; margin: 0; padding: 6px; min-width: 190px; max-height: 70vh;
  overflow-y: auto; border: 1px solid #334155; border-radius: 8px; background: #0f172a; }
p a { display: block; padding: 7px 10px; border-radius: 6px; color: #e2e8f0; text-decoration: none; }
p a:hover { background: rgb(96 165 250 / .22); }
p a.new { color: #93c5fd; }
.chip { padding: 2px 10px; border-radius: 11px; background: rgb(148 163 184 / .2); font-size: 12px; line-height: 19px; }
.chip.dirty { background: #fbbf24; color: #1f2937; font-weight: 600; }
.chip.bad { background: #dc2626; color: #fff; font-weight: 600; }
@media (max-width: 560px) { .chip.dirty, .chip.bad { width: 12px; height: 12px; padding: 0; font-size: 0; flex: none; } }
@media (max-width: 560px), (min-width: 1181px) and (max-width: 1460px) { code { display: none; } }
"""


class Session:
    """One browser at one page: who sits there, its document, language and theme, and what to do when it goes."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.visitor = _visitor()
        asked = pn.state.session_args if pn.state.curdoc is not None else {}

        def argument(name: str) -> str | None:
            values = asked.get(name)
            return values[0].decode(errors="replace") if values else None

        cookies = pn.state.cookies if pn.state.curdoc is not None else {}
        self.texts = Texts(remembered.language(argument("lang"), cookies, _header("Accept-Language")))
        self.theme_chosen, self.dark = remembered.theme(argument("theme"), cookies)
        pbxs, asked_draft = workspace.current(), argument("draft")
        file = pbxs.file_of(argument("pbx"))
        opened = pbxs.open(asked_draft or cookies.get(remembered.draft_cookie(file)), file)
        self.key, self.draft = opened.key, opened.draft
        self.file = opened.draft.path or file
        self._draft_cookie = remembered.draft_cookie(self.file)
        self._recovered = opened.draft.dirty and (opened.stored or not asked_draft)
        self.arguments = {name: argument(name) or "" for name in asked}
        self._shown: dict[str, str] = {}
        self._at_end: list[Callable[[], None]] = []
        self._has_pages = page in PAGES and self.visitor.user is None
        """Whether the head leads to the other pages, and says which document is in edit."""
        kind = "wb-nav" if self._has_pages else "wb-alone"
        self._nav = pn.pane.HTML(stylesheets=[_NAV_STYLE], css_classes=[kind], margin=(0, 12, 0, 0), align="center")
        self._state = pn.pane.HTML(stylesheets=[_STATE_STYLE], css_classes=["wb-state"], margin=(0, 10), align="center")
        self._language = pn.pane.HTML(
            stylesheets=[_NAV_STYLE], css_classes=["wb-tongue"], margin=(0, 6), align="center"
        )
        self._page_state = page_script.PageState()
        self.refresh()

    def may(self, right: Right) -> bool:
        """Whether who sits there may do something now: to be asked when it is done, not only when a button is drawn."""
        return self.visitor.may(right)

    def refusal(self, right: Right) -> str:
        """Why they may not, and who may."""
        return visitors.refusal(right, self.texts)

    def keep(self) -> None:
        """Write the document in edit to disk, where it outlives browser and server. Raises OSError."""
        workspace.current().keep(self.key)

    def address(self, page: str, **changes: str) -> str:
        """The address of a page for this browser."""
        theme = {"theme": "dark" if self.dark else "light"} if self.theme_chosen else {}
        values = {"draft": self.key, "lang": self.texts.language, **theme, **self._pbx(), **changes}
        return f"{page}?{urlencode(values)}"

    def address_of(self, pbx: str) -> str:
        """The address of the Design page of another PBX, by its key."""
        theme = {"theme": "dark" if self.dark else "light"} if self.theme_chosen else {}
        return f"{PAGES[0]}?{urlencode({'pbx': pbx, 'lang': self.texts.language, **theme})}"

    def phone_link(self, label: str, kind: str, **asked: str) -> str:
        """A link that opens the phone in a window of its own, or asks the one that is open; `label` is HTML."""
        address, title = html.escape(self.address(PHONE_PAGE, **asked)), html.escape(self.texts("phone.open"))
        return f'<a class="{kind}" href="{address}" data-phone target="_blank" title="{title}" aria-label="{title}">{label}</a>'

    def _pbx(self) -> dict[str, str]:
        """What tells the PBX in an address, unless it is the first one."""
        return {} if self.file == workspace.current().file else {"pbx": self.file.name}

    def _pages(self) -> tuple[str, ...]:
        """Those that are there for who sits here: who signed in by phone sees calls alone (R-23.8); Live tells of all calls."""
        if self.visitor.user is not None:
            return EMPLOYEES_PAGES
        return PAGES if self.visitor.sees_all_calls else tuple(page for page in PAGES if page != "live")

    def show(self, **shown: str) -> None:
        """Keep in the page's own address what it shows, so that it can be reloaded, sent on, and read in the other language."""
        self._shown |= shown
        self.refresh()

    def refresh(self) -> None:
        """Show the document's state and the addresses as they are now."""
        links = "".join(
            f'<a href="{html.escape(self.address(page))}" class="{"here" if page == self.page else ""}"'
            f"{' aria-current=page' if page == self.page else ''}>{html.escape(self.texts(f'page.{page}'))}</a>"
            for page in self._pages()
        )
        if self.page not in PAGES:
            links = f'<a class="here" aria-current=page>{html.escape(self.texts(f"page.{self.page}"))}</a>'
        product, here = html.escape(self.texts("product")), html.escape(self.texts(f"page.{self.page}"))
        self._nav.object = (
            f'<h1>{here}</h1><nav aria-label="{html.escape(self.texts("pages"))}">'
            f'<a class="product" href="{html.escape(self.address(self._pages()[0]))}">{product}</a>{links}</nav>'
        )
        other = "ru" if self.texts.language == "en" else "en"
        phone = "" if self.page == PHONE_PAGE or not self.may(Right.CALL) else self.phone_link(link.ICON, "phone")
        key = "access.person" if self.visitor.is_signed_in else "access.alone_help"
        name = self.visitor.name if self.visitor.is_signed_in else self.texts("access.alone")
        self._language.object = (
            f'<div>{phone}<a class="who" href="person?lang={self.texts.language}" '
            f'title="{html.escape(self.texts(key, self.visitor.name))}">{html.escape(name)}</a>'
            f'<a href="{html.escape(self.address(self.page, lang=other, **self._shown))}" lang="{other}" '
            f'title="{html.escape(self.texts("language_help"))}">{html.escape(self.texts("language"))}</a></div>'
        )
        theme = "dark" if self.dark else "light"
        chosen = {"pbx-theme": theme} if self.theme_chosen else {}
        self._page_state.state = {
            "unsaved": self.draft.dirty,
            "recovered": self._recovered,
            "address": {
                "draft": self.key,
                "lang": self.texts.language,
                **self._shown,
                **({"theme": theme} if chosen else {}),
                **self._pbx(),
            },
            "cookies": {"pbx-lang": self.texts.language, self._draft_cookie: self.key, **chosen},
        }
        draft = self.draft
        name = self._switcher(str(draft.data.get("pbx", draft.name)))
        version = f"<code>{draft.version[:10]}</code>" if draft.version else _chip("bad", self.texts("no_version"))
        unsaved = "draft" if draft.dirty else "kept" if draft.differs else ""
        chip = _chip("dirty", self.texts(unsaved)) if unsaved else ""
        self._state.object = f"<div>{name}{version}{chip}</div>"

    def _switcher(self, name: str) -> str:
        """The name of the PBX; it opens a list of the others, and of what makes a new one."""
        links = [
            f'<a href="{html.escape(self.address_of(pbx.key))}">{html.escape(pbx.account)}</a>'
            for pbx in workspace.current().pbxs()
            if pbx.file != self.file
        ]
        new = html.escape(self.address(PAGES[0], part="pbxs"))
        links.append(f'<a class="new" href="{new}">{html.escape(self.texts("pbxs.manage"))}</a>')
        title = html.escape(self.texts("pbxs.switch"))
        return (
            f'<details class="menu"><summary title="{title}"><b>{html.escape(name)}</b></summary>'
            f"<p>{''.join(links)}</p></details>"
        )

    def go(self, address: str) -> None:
        """Have the browser open another page of ours; what is unsaved is kept."""
        self._page_state.state = {**self._page_state.state, "go": address}

    def at_end(self, action: Callable[[], None]) -> None:
        """Do this when the browser has gone."""
        self._at_end.append(action)

    def frame(self, main: Any, themed: Callable[[str], None], *, is_bare: bool = False) -> Any:
        """The whole page around `main`, bare without a head; `themed` is told `light` or `dark` at once and at every change."""
        toggle = pmui.IconButton(
            size="medium",
            margin=0,
            align="center",
            css_classes=["wb-theme"],
            stylesheets=[
                ".MuiTooltip-popper, .MuiTooltip-popper * { pointer-events: none !important; }"
            ],  # its name lies on a link
            sx={"color": "#e2e8f0"},
            on_click=lambda _: switch(),
        )
        page, release = _page(
            main=[main],
            theme_config=THEME,
            sx={**_BAR, **_BARE} if is_bare else _BAR if self._has_pages else _BAR_ALONE,
            dark_theme=self.dark,
            busy_indicator=None,
            theme_toggle=False,
            header=[
                self._nav,
                pn.HSpacer(css_classes=["wb-gap"]),
                *([self._state] if self._has_pages else []),
                self._language,
                toggle,
                accessibility.Access(language=self.texts.language),
                self._page_state,
            ],
        )

        def switch() -> None:
            self.theme_chosen = True
            page.dark_theme = not page.dark_theme

        def changed(*_: Any) -> None:
            self.dark = bool(page.dark_theme)
            toggle.param.update(
                icon="light_mode" if self.dark else "dark_mode",
                description=self.texts("to_light" if self.dark else "to_dark"),
            )
            themed("dark" if self.dark else "light")
            self.refresh()

        page.param.watch(changed, "dark_theme")
        changed()
        actions = self._at_end

        def ended(_: Any) -> None:
            release()
            while actions:
                actions.pop()()

        if pn.state.curdoc is not None and pn.state.curdoc.session_context:
            pn.state.on_session_destroyed(ended)
        return page


def _chip(kind: str, words: str) -> str:
    """What is to be known of the document, as HTML; where there is little room it is a dot that says it when it is pointed at."""
    said = html.escape(words)
    return f'<span class="chip {kind}" title="{said}">{said}</span>'


def _visitor() -> visitors.Visitor:
    """Who opened the page: the request says so. Without a request, as in a notebook, it is who runs the process."""
    context: Any = None if pn.state.curdoc is None else pn.state.curdoc.session_context
    if context is None or context.request is None:
        return visitors.owner()
    found = getattr(context.request, visitors.ATTRIBUTE, None)
    return found if isinstance(found, visitors.Visitor) else visitors.nobody()


def _header(name: str) -> str:
    """A header of the request that opened the page."""
    headers = pn.state.headers if pn.state.curdoc is not None else {}
    found = next((value for key, value in headers.items() if key.lower() == name.lower()), "")
    return found if isinstance(found, str) else ",".join(found)


def _page(**settings: Any) -> tuple[Any, Callable[[], None]]:
    """A Page, and what releases it with its session.

    Every panel-material-ui Page leaves a watcher on the global `pn.state.busy`, which would keep the whole session alive for
    ever (2.5 to 3.5 MB each). Names are locals, because a script's globals are emptied before a session's end is told.
    """
    state = pn.state

    def watchers() -> list[Any]:
        return list(state.param.watchers.get("busy", {}).get("value", []))

    before = watchers()
    page = pmui.Page(**settings)
    mine = [watcher for watcher in watchers() if watcher not in before]

    def release() -> None:
        while mine:
            state.param.unwatch(mine.pop())

    return page, release


def beside(*parts: Any, **settings: Any) -> Any:
    """Parts side by side over the whole page; one below another on a narrow screen."""
    return pmui.Row(*parts, **{"sizing_mode": "stretch_both", "margin": 0, "sx": STACKED, **settings})


def card(title: str, *content: Any, **settings: Any) -> Any:
    """A box with a title."""
    head = [pmui.Typography(title, variant="subtitle2", margin=(0, 0, 8, 0))] if title else []
    return pmui.Paper(*head, *content, **{**CARD, **settings})


def notice(text: str = "", severity: str = "error", **settings: Any) -> Any:
    """A framed sentence: what went wrong, what was done. Hidden while there is nothing to say."""
    shown = {"visible": bool(text), "margin": 0, **settings}
    return pmui.Alert(
        object=text, severity=severity, sx=ALERT, variant="outlined", sizing_mode="stretch_width", **shown
    )


def hint(text: str, **settings: Any) -> Any:
    """A quiet sentence."""
    return pmui.Typography(
        text,
        variant="body2",
        sx={"color": "text.secondary", "& code": {"color": "inherit"}},
        **{"margin": (0, 0), **settings},
    )
