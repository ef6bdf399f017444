// What can be put on the canvas: the strip at the left, and the menu that opens where a connection is dropped.
import { useCallback, useEffect, useRef } from "react";
import { PhoneForwarded, PhoneOff } from "lucide-react";
import { KindIcon } from "./icons.jsx";

const FAR = 5; // pixels a pointer moves before a press is a drag
const STEP = 20;

// Dragging by pointer events and not by the browser's own drag and drop, which knows no finger and no keyboard.
// Space picks a kind up with the keyboard: arrows move it, Enter or Space puts it down, Escape lets go of it.
export function Palette({ kinds, texts, area, held, setHeld, onAdd, onDrop }) {
  const press = useRef(null);
  const dragged = useRef(false);
  const letGo = useCallback(() => {
    press.current = null;
    setHeld(null);
  }, [setHeld]);
  useEffect(() => {
    if (!held) return undefined;
    const escape = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      dragged.current = true;
      letGo();
    };
    window.addEventListener("keydown", escape, true);
    return () => window.removeEventListener("keydown", escape, true);
  }, [held, letGo]);
  const put = (kind, x, y) => {
    const box = area().getBoundingClientRect();
    if (x > box.left && x < box.right && y > box.top && y < box.bottom) onDrop(kind, x, y);
  };
  const move = (event, kind) => {
    const from = press.current;
    if (!from || from.pointer !== event.pointerId) return;
    if (!held && Math.hypot(event.clientX - from.x, event.clientY - from.y) < FAR) return;
    dragged.current = true;
    setHeld({ kind, x: event.clientX, y: event.clientY });
  };
  const up = (event, kind) => {
    const was = held;
    letGo();
    if (was) put(kind.id, event.clientX, event.clientY);
  };
  const key = (event, kind) => {
    if (event.key === " ") {
      event.preventDefault();
      const box = area().getBoundingClientRect();
      if (held) {
        letGo();
        put(kind.id, held.x, held.y);
      } else setHeld({ kind, x: box.left + box.width / 2, y: box.top + box.height / 2 });
      return;
    }
    if (!held) return;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    if (dx || dy) {
      event.preventDefault();
      event.stopPropagation();
      setHeld({ ...held, x: held.x + dx * STEP, y: held.y + dy * STEP });
    } else if (event.key === "Enter") {
      event.preventDefault();
      letGo();
      put(kind.id, held.x, held.y);
    }
  };
  return (
    <div className="wb-palette" role="toolbar" aria-label={texts.palette} aria-orientation="vertical">
      {kinds.map((kind) => (
        <button
          key={kind.id}
          className={`wb-brick ${held?.kind.id === kind.id ? "is-held" : ""}`}
          style={{ "--k": kind.color, "--kd": kind.color_dark }}
          title={kind.help}
          data-testid={`palette-${kind.id}`}
          onPointerDown={(event) => {
            dragged.current = false;
            if (event.button) return;
            press.current = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => move(event, kind)}
          onPointerUp={(event) => up(event, kind)}
          onPointerCancel={letGo}
          onKeyDown={(event) => key(event, kind)}
          onKeyUp={(event) => event.key === " " && event.preventDefault()}
          onBlur={() => held && !press.current && letGo()}
          onClick={() => {
            if (!dragged.current) onAdd(kind.id);
            dragged.current = false;
          }}
        >
          <span className="wb-icon">
            <KindIcon name={kind.icon} size={17} />
          </span>
          <span>{kind.label}</span>
        </button>
      ))}
    </div>
  );
}

// What is being dragged, under the pointer.
export function Ghost({ held, root }) {
  const box = root.getBoundingClientRect();
  return (
    <div
      className="wb-ghost"
      style={{
        "--k": held.kind.color,
        "--kd": held.kind.color_dark,
        left: held.x - box.left,
        top: held.y - box.top,
      }}
      data-testid="ghost"
    >
      <span className="wb-icon">
        <KindIcon name={held.kind.icon} size={17} />
      </span>
      {held.kind.label}
    </div>
  );
}

export function DropMenu({ at, kinds, texts, onChoose, onClose }) {
  const menu = useRef(null);
  useEffect(() => {
    menu.current?.querySelector("button")?.focus();
    const outside = (event) => {
      if (!event.composedPath().includes(menu.current)) onClose();
    };
    window.addEventListener("pointerdown", outside, true);
    return () => window.removeEventListener("pointerdown", outside, true);
  }, [onClose]);
  const move = (event) => {
    if (event.key === "Escape") {
      onClose();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...menu.current.querySelectorAll("button")];
    const here = items.findIndex((item) => item === event.target);
    items[(here + step + items.length) % items.length].focus();
  };
  return (
    <div
      ref={menu}
      className="wb-menu"
      role="menu"
      style={{ left: at.x, top: at.y }}
      onKeyDown={move}
      data-testid="drop-menu"
    >
      <div className="wb-menu-title">{texts.send_call_to}</div>
      {kinds
        .filter((kind) => !kind.entry)
        .map((kind) => (
          <button
            key={kind.id}
            role="menuitem"
            style={{ "--k": kind.color, "--kd": kind.color_dark }}
            onClick={() => onChoose({ kind: kind.id })}
          >
            <span className="wb-icon">
              <KindIcon name={kind.icon} size={14} />
            </span>
            {kind.label}
          </button>
        ))}
      <hr />
      <button role="menuitem" onClick={() => onChoose({ outside: true })}>
        <span className="wb-icon is-plain">
          <PhoneForwarded size={14} />
        </span>
        {texts.outside_number}
      </button>
      <button role="menuitem" onClick={() => onChoose({ hangup: true })}>
        <span className="wb-icon is-plain is-hangup">
          <PhoneOff size={14} />
        </span>
        {texts.hangup}
      </button>
    </div>
  );
}
