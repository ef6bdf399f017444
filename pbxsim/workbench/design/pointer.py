"""Puts the focus of the browser into a field, by its label, wherever a form has put it.

Decides how a field is found: widgets live in shadow roots of their own and come a moment after the form that holds them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

_SCRIPT = """
const LONGEST_MS = 4000, EVERY_MS = 100;
const plain = (text) => (text || "").replace(/\\u2009?\\u00a0?\\*$/, "").trim();

function* roots(root) {
  yield root;
  for (const item of root.querySelectorAll("*")) if (item.shadowRoot) yield* roots(item.shadowRoot);
}

function find(label) {
  for (const root of roots(document)) {
    for (const item of root.querySelectorAll("label, .MuiTypography-caption")) {
      if (plain(item.textContent) !== label) continue;
      const named = item.htmlFor && root.getElementById?.(item.htmlFor);
      return named || item.querySelector("input") || item.parentElement.querySelector("input, [role=combobox]") || item;
    }
  }
  return null;
}

export function render({ model, el }) {
  el.style.display = "none";
  let timer = null;
  const point = () => {
    clearTimeout(timer);
    const { label } = model.target;
    const end = Date.now() + LONGEST_MS;
    const look = () => {
      const field = label && find(label);
      if (field) {
        field.scrollIntoView({ block: "center" });
        field.focus({ preventScroll: true });
      } else if (label && Date.now() < end) timer = setTimeout(look, EVERY_MS);
    };
    timer = setTimeout(look, EVERY_MS);
  };
  model.on("target", point);
  model.on("lifecycle:remove", () => clearTimeout(timer));
}
"""


class Pointer(JSComponent):
    """Stands unseen on a page."""

    target: Any = param.Dict(default={}, doc="label and seq.")

    _esm: ClassVar[Any] = _SCRIPT

    def point(self, label: str) -> None:
        """Focus the field with this label, as soon as it is there."""
        self.target = {"label": label, "seq": int(self.target.get("seq", 0)) + 1}
