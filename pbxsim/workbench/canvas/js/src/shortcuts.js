// What keys do on the canvas, and when they are meant for it.
import { useEffect } from "react";
import { FIT } from "./camera.js";

function typing(event) {
  const target = event.composedPath()[0];
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
}

export function useShortcuts({ flow, readonly, remove, root, send, search, selected, setDrop, setHelp, setRenaming }) {
  // Shortcuts work while the canvas was the last thing touched: after a delete the focused card is gone and the browser
  // moves focus to <body>, so a handler on the element itself would miss the Ctrl+Z that follows.
  useEffect(() => {
    let inside = false;
    const canvas = root.querySelector(".wb-canvas");
    const focused = () => {
      const at = root.getRootNode().activeElement;
      return !!at && canvas.contains(at);
    };
    const down = (event) => {
      const path = event.composedPath();
      inside = path.includes(root);
      // A line or the ground takes no focus of its own: the canvas has it then, and Delete means what is selected there.
      if (path.includes(canvas)) setTimeout(() => focused() || canvas.focus({ preventScroll: true }));
    };
    const enter = () => {
      inside = true;
    };
    const leave = (event) => {
      if (event.relatedTarget && !root.contains(event.relatedTarget)) inside = false;
    };
    const key = (event) => {
      if (event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey) && !readonly) {
        event.preventDefault();
        send({ type: "save" });
        return;
      }
      if (event.key === "Escape") {
        setHelp(false);
        setDrop(null);
        if (!typing(event)) send({ type: "escape" });
        return;
      }
      if (!inside || typing(event)) return;
      if (event.key === "Delete" || event.key === "Backspace") {
        if (readonly || !focused()) return;
        event.preventDefault();
        remove();
        canvas.focus({ preventScroll: true }); // the focused card may be gone
        return;
      }
      const letter = event.key.toLowerCase();
      const command = event.ctrlKey || event.metaKey;
      if (command && !readonly && (letter === "z" || letter === "y")) {
        event.preventDefault();
        send({ type: letter === "y" || event.shiftKey ? "redo" : "undo" });
      } else if ((command && letter === "f") || letter === "/") {
        event.preventDefault();
        search.current?.focus();
      } else if (!command && letter === "f") {
        event.preventDefault();
        flow.fitView({ ...FIT, duration: 300 });
      } else if (letter === "?") setHelp((shown) => !shown);
      else if (letter === "f2" && selected.current) {
        event.preventDefault();
        setRenaming(selected.current);
      }
    };
    window.addEventListener("pointerdown", down, true);
    root.addEventListener("focusin", enter);
    root.addEventListener("focusout", leave);
    window.addEventListener("keydown", key);
    return () => {
      window.removeEventListener("pointerdown", down, true);
      root.removeEventListener("focusin", enter);
      root.removeEventListener("focusout", leave);
      window.removeEventListener("keydown", key);
    };
  }, [flow, readonly, remove, root, search, selected, send, setDrop, setHelp, setRenaming]);
}
