"""Names for what the widgets leave nameless or name in English, so that a page can be used by ear and in its own language.

Decides the accessible names, heading levels and the page's language that panel-material-ui gives no setting for: the
buttons beside a number and a date, progress bars, titles of boxes, boxes that scroll; and that a
field is described by the words below it. Widgets live in shadow roots of their own, so each one is looked into as it comes.
Leaves texts to `texts.py`, what date pickers say to `static/widgets.js`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

_SCRIPT = r"""
const label = (element, text) => {
  if (text && element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
};
const field = (element) => element.closest(".MuiFormControl-root")?.querySelector("label")?.textContent || "";

function mend(root, words) {
  for (const title of root.querySelectorAll(".MuiTypography-subtitle2:not([role])")) {
    title.setAttribute("role", "heading");
    title.setAttribute("aria-level", "2");
  }
  for (const bar of root.querySelectorAll("[role=progressbar]:not([aria-label])")) label(bar, words.progress);
  for (const button of root.querySelectorAll(".MuiInputAdornment-positionStart > button:not([aria-label])"))
    label(button, `${field(button)}: ${words.less}`);
  for (const button of root.querySelectorAll(".MuiInputAdornment-positionEnd > button:not([aria-label])"))
    label(button, `${field(button)}: ${words.more}`);
  for (const button of root.querySelectorAll("button[aria-label^='Choose date']"))
    label(button, `${field(button)}: ${words.calendar}`);
}

// A field says what stands below it: its own helper text, or a line of words after it, which is copied into the field's root,
// as nothing can point from one shadow root into another.
const FIELD = "[role=combobox], [role=group], [role=switch], input:not([type=hidden], [aria-hidden=true]), textarea";
let ids = 0;
const tie = (field, words) => {
  words.id ||= `wb-described-${++ids}`;
  if (field.getAttribute("aria-describedby") !== words.id) field.setAttribute("aria-describedby", words.id);
};
function describe(root) {
  for (const words of root.querySelectorAll(".MuiFormHelperText-root")) {
    const field = words.closest(".MuiFormControl-root")?.querySelector(FIELD);
    if (field) tie(field, words);
  }
  const line = root.host && lineOf(root.host);
  const before = line && (line.closest(".child-wrapper") || line).previousElementSibling;
  const inside = (before?.shadowRoot ? before : before?.querySelector(":scope > *"))?.shadowRoot;
  const field = inside?.querySelector(FIELD);
  const told = field && line.shadowRoot?.querySelector(".MuiTypography-root")?.textContent.trim();
  if (!told) return;
  let words = inside.querySelector(":scope > .wb-described");
  if (!words) {
    words = document.createElement("span");
    words.className = "wb-described";
    words.hidden = true;
    inside.append(words);
  }
  if (words.textContent !== told) words.textContent = told;
  tie(field, words);
}
// The line of words that a host is, or that stands below it.
function lineOf(host) {
  if (host.matches(".DESCRIBES")) return host;
  const next = (host.closest(".child-wrapper") || host).nextElementSibling;
  return next?.matches(".DESCRIBES") ? next : next?.querySelector(":scope > .DESCRIBES");
}

const SOON_MS = 50;

const scrolls = (box) => {
  const { overflowX, overflowY } = getComputedStyle(box);
  const may = /auto|scroll/;
  return (
    (may.test(overflowY) && box.scrollHeight > box.clientHeight + 1) ||
    (may.test(overflowX) && box.scrollWidth > box.clientWidth + 1)
  );
};

export function render({ model, el }) {
  el.style.display = "none";
  document.documentElement.lang = model.language;
  const seen = new WeakSet();
  const boxes = new Set();
  let waiting = null;
  const settle = () => {
    waiting = null;
    for (const box of boxes) if (!box.isConnected) boxes.delete(box);
    const found = [...boxes].map((box) => [box, scrolls(box)]);  // all of it before a change, after which all is laid out again
    for (const [box, does] of found) {
      if (does && box.getAttribute("tabindex") !== "0") box.setAttribute("tabindex", "0");
      else if (!does && box.hasAttribute("tabindex")) box.removeAttribute("tabindex");
    }
  };
  const later = () => {
    waiting ??= setTimeout(settle, 200);
  };
  const look = (root) => {
    mend(root, model.words);
    describe(root);
    for (const box of root.querySelectorAll(".scroll-vertical, .MuiBox-root, .MuiPaper-root, .wb")) boxes.add(box);
    later();
  };
  // Many changes come at once while a page is drawn: each root is looked at once for all of them.
  const changed = new Set();
  let looking = null;
  const lookAgain = () => {
    looking = null;
    const roots = [...changed];
    changed.clear();
    for (const root of roots) {
      if (!root.querySelectorAll) continue;
      look(root);
      within(root);
    }
  };
  const observer = new MutationObserver((changes) => {
    for (const { target } of changes) changed.add(target.getRootNode());
    looking ??= setTimeout(lookAgain, SOON_MS);
  });
  const enter = (root) => {
    if (seen.has(root)) return;
    seen.add(root);
    observer.observe(root, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
    look(root);
    within(root);
  };
  const within = (root) => {
    for (const child of root.querySelectorAll("*")) if (child.shadowRoot) enter(child.shadowRoot);
  };
  enter(document.body);
  window.addEventListener("resize", later);
  model.on("lifecycle:remove", () => {
    observer.disconnect();
    window.removeEventListener("resize", later);
    clearTimeout(waiting);
    clearTimeout(looking);
  });
}
"""


DESCRIBES = "wb-describes"
"""The class of words that stand below a field which has no room for them."""

WORDS = ("less", "more", "calendar", "progress")


class Access(JSComponent):
    """Stands unseen on a page and names its widgets."""

    words: Any = param.Dict(default={}, doc="By name, those of WORDS.")
    language: Any = param.String(default="en", doc="Language of the page, for readers aloud.")

    _esm: ClassVar[Any] = _SCRIPT.replace("DESCRIBES", DESCRIBES)
