"""Boxes that scroll can be reached with the keyboard, fields are described by the words below them, the page tells its language.

Decides which boxes a Tab stops at: those that have more than they show (WCAG 2.2, success criterion 2.1.1), which nobody knows
before they are laid out. Widgets live in shadow roots of their own, so each one is looked into as it comes. Leaves names of
buttons and headings to `static/widgets.js`, which has widgets drawn with them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

_SCRIPT = r"""
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
const BOXES = ".scroll-vertical, .MuiBox-root, .MuiPaper-root, .wb";

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
  // Many changes come at once while a page is drawn: each root is looked at once for all of them.
  const changed = new Set();
  let looking = null;
  const look = () => {
    looking = null;
    const roots = [...changed].filter((root) => root.isConnected);
    changed.clear();
    for (const root of roots) {
      describe(root);
      for (const box of root.querySelectorAll(BOXES)) boxes.add(box);
    }
    later();
  };
  const soon = (root) => {
    changed.add(root);
    looking ??= setTimeout(look, SOON_MS);
  };
  const observer = new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      soon(target.getRootNode());
      for (const node of addedNodes) within(node);
    }
  });
  const enter = (root) => {
    if (!seen.has(root)) observer.observe(root, { childList: true, subtree: true });
    seen.add(root);
    soon(root);
    within(root);
  };
  const within = (node) => {
    if (node.shadowRoot) enter(node.shadowRoot);
    for (const child of node.querySelectorAll?.("*") ?? []) if (child.shadowRoot) enter(child.shadowRoot);
  };
  // Nothing tells of a shadow root that an element is given later, but the call that gives it.
  const given = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = given.call(this, options);
    enter(root);
    return root;
  };
  enter(document.body);
  window.addEventListener("resize", later);
  model.on("lifecycle:remove", () => {
    Element.prototype.attachShadow = given;
    observer.disconnect();
    window.removeEventListener("resize", later);
    clearTimeout(waiting);
    clearTimeout(looking);
  });
}
"""


DESCRIBES = "wb-describes"
"""The class of words that stand below a field which has no room for them."""


class Access(JSComponent):
    """Stands unseen on a page, tells its language, finds the boxes that scroll and ties words to their fields."""

    language: Any = param.String(default="en", doc="Language of the page, for readers aloud.")

    _esm: ClassVar[Any] = _SCRIPT.replace("DESCRIBES", DESCRIBES)
