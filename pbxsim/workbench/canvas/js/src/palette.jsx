// What can be put on the canvas: the strip at the left, and the menu that opens where a connection is dropped.
import { useEffect, useRef } from "react";
import { PhoneForwarded, PhoneOff } from "lucide-react";
import { KindIcon } from "./icons.jsx";

export const DRAG_TYPE = "application/x-pbx-kind";

export function Palette({ kinds, texts, onAdd }) {
  return (
    <div className="wb-palette" role="toolbar" aria-label={texts.palette} aria-orientation="vertical">
      {kinds.map((kind) => (
        <button
          key={kind.id}
          className="wb-brick"
          draggable
          style={{ "--k": kind.color, "--kd": kind.color_dark }}
          title={kind.help}
          data-testid={`palette-${kind.id}`}
          onDragStart={(event) => {
            event.dataTransfer.setData(DRAG_TYPE, kind.id);
            event.dataTransfer.effectAllowed = "move";
          }}
          onClick={() => onAdd(kind.id)}
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
