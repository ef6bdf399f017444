"""Names for what the widgets leave nameless or name in English, so that a page can be used by ear and in its own language.

Decides the accessible names, heading levels and the page's language that panel-material-ui gives no setting for: the
buttons beside a number, progress bars, titles of boxes, boxes that scroll, months and weekdays of date pickers. Widgets live in
shadow roots of their own, so each one is looked into as it comes. Leaves texts to `texts.py`.
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

// Date pickers have no setting for their language: their months, weekdays and buttons are renamed.
const PICKER = ".MuiPickerPopper-root, .MuiDialog-root, .MuiPickersSectionList-root";
function rename(root, terms) {
  for (const picker of root.querySelectorAll(PICKER)) {
    for (const one of picker.querySelectorAll("[aria-label]")) {
      const found = terms[one.getAttribute("aria-label")] || terms[one.getAttribute("aria-label").replace(/^\S+ \d+, /, "")];
      if (!found) continue;
      one.setAttribute("aria-label", found);
      if (one.classList.contains("MuiDayCalendar-weekDayLabel")) one.textContent = terms[`short ${found}`] || found;
    }
    const texts = document.createTreeWalker(picker, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const [, month, year] = /^([A-Z][a-z]+)( \d{4})?$/.exec(text.nodeValue) || [];
      if (terms[month]) text.nodeValue = terms[month] + (year || "");
    }
  }
}

function mend(root, words, terms) {
  if (terms["January"]) rename(root, terms);
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
    for (const box of boxes) {
      if (!box.isConnected) boxes.delete(box);
      else if (scrolls(box)) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  };
  const later = () => {
    waiting ??= setTimeout(settle, 200);
  };
  const look = (root) => {
    mend(root, model.words, model.terms);
    for (const box of root.querySelectorAll(".scroll-vertical, .MuiBox-root, .MuiPaper-root, .wb")) boxes.add(box);
    later();
  };
  const observer = new MutationObserver((changes) => {
    const roots = new Set();
    for (const change of changes) {
      roots.add(change.target.getRootNode());
      for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) visit(node);
    }
    for (const root of roots) if (root.querySelectorAll) look(root);
  });
  const enter = (root) => {
    if (seen.has(root)) return;
    seen.add(root);
    observer.observe(root, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
    look(root);
    for (const child of root.querySelectorAll("*")) if (child.shadowRoot) enter(child.shadowRoot);
  };
  const visit = (node) => {
    if (node.shadowRoot) enter(node.shadowRoot);
    for (const child of node.querySelectorAll("*")) if (child.shadowRoot) enter(child.shadowRoot);
  };
  enter(document.body);
  window.addEventListener("resize", later);
  model.on("lifecycle:remove", () => {
    observer.disconnect();
    window.removeEventListener("resize", later);
    clearTimeout(waiting);
  });
}
"""


WORDS = ("less", "more", "calendar", "progress")


class Access(JSComponent):
    """Stands unseen on a page and names its widgets."""

    words: Any = param.Dict(default={}, doc="By name, those of WORDS.")
    terms: Any = param.Dict(
        default={}, doc="Months, weekdays and buttons of date pickers, from English; empty on English pages."
    )
    language: Any = param.String(default="en", doc="Language of the page, for readers aloud.")

    _esm: ClassVar[Any] = _SCRIPT
