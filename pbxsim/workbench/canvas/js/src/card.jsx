// One card: an element, a user or a trunk, with its ports in the order Python gave them. Heights come from Python too,
// because Python lays the cards out and routes the edges around them.
import { memo, useContext, useEffect, useRef, useState } from "react";
import { Handle, Position } from "@xyflow/react";
import { AlertTriangle, CircleAlert, PhoneForwarded, PhoneOff } from "lucide-react";
import { KindIcon } from "./icons.jsx";
import { CanvasContext } from "./context.js";
import { CardNow, ChipState } from "./replay.jsx";

function Ending({ port }) {
  if (port.end === "hangup")
    return (
      <span className="wb-end is-hangup" title={port.end_text}>
        <PhoneOff size={11} />
        {port.end_text}
      </span>
    );
  if (port.end === "outside")
    return (
      <span className="wb-end" title={port.end_text}>
        <PhoneForwarded size={11} />
        {port.end_text}
      </span>
    );
  if (port.end === "nowhere")
    return (
      <span className="wb-end is-lost" title={port.end_text}>
        <CircleAlert size={11} />
        {port.end_text}
      </span>
    );
  return null;
}

function Title({ id, data }) {
  const { send, readonly, renaming, setRenaming } = useContext(CanvasContext);
  const [text, setText] = useState(data.title);
  const field = useRef(null);
  const editing = renaming === id && !readonly && data.can_rename;
  useEffect(() => {
    if (editing) {
      setText(data.title);
      field.current?.focus();
      field.current?.select();
    }
  }, [editing]);
  if (!editing) {
    return (
      <span
        className="wb-title"
        title={data.title}
        onDoubleClick={(event) => {
          event.stopPropagation();
          if (!readonly && data.can_rename) setRenaming(id);
        }}
      >
        {data.title || <em>{data.kind_label}</em>}
      </span>
    );
  }
  const close = (keep) => {
    setRenaming(null);
    if (keep && text.trim() !== data.title) send({ type: "rename", id, name: text.trim() });
  };
  return (
    <input
      ref={field}
      className="wb-rename nodrag nopan"
      value={text}
      aria-label={data.kind_label}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => close(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") close(true);
        if (event.key === "Escape") close(false);
      }}
    />
  );
}

export const Card = memo(function Card({ id, data, selected }) {
  const { overlay, replay, send, measure } = useContext(CanvasContext);
  const ports = data.ports || [];
  const shape = ports.map((port) => port.id).join("|") + `|${data.h}|${data.members ? 1 : 0}`;
  useEffect(() => measure(id), [shape, id, measure]);
  const steps = overlay.steps?.[id];
  const traced = overlay.steps && Object.keys(overlay.steps).length > 0;
  const faults = data.faults || [];
  const level = faults.some((fault) => fault.level === "error") ? "error" : faults.length ? "warning" : null;
  const classes = [
    "wb-card",
    selected && "is-selected",
    traced && !steps && "is-dim",
    steps && "is-step",
    overlay.active === id && "is-active",
    level && `has-${level}`,
  ]
    .filter(Boolean)
    .join(" ");
  return (
    <div
      className={classes}
      data-kind={data.kind}
      data-testid={`card-${id}`}
      style={{ "--k": data.color, "--kd": data.color_dark, width: data.w, height: data.h }}
    >
      {data.entry ? null : <Handle type="target" position={Position.Left} className="wb-in" />}
      <div className="wb-head">
        <span className="wb-icon">
          <KindIcon name={data.icon} size={18} />
        </span>
        <span className="wb-text">
          <span className="wb-line">
            <Title id={id} data={data} />
            {level ? (
              <span
                className={`wb-badge is-${level}`}
                title={faults.map((fault) => fault.text).join("\n")}
                data-testid={`badge-${id}`}
              >
                {level === "error" ? <CircleAlert size={15} /> : <AlertTriangle size={15} />}
              </span>
            ) : null}
            {data.number ? <span className="wb-number">{data.number}</span> : null}
          </span>
          {replay ? (
            <CardNow id={id} />
          ) : (
            <span className="wb-sub" title={data.subtitle}>
              {data.subtitle}
            </span>
          )}
        </span>
      </div>
      {data.members ? (
        <div className="wb-members">
          {data.members.chips.map((chip) => (
            <button
              key={chip.id}
              className={`wb-chip nodrag ${overlay.members?.[chip.id] ? `is-${overlay.members[chip.id]}` : ""}`}
              title={chip.title}
              tabIndex={-1}
              onClick={(event) => {
                event.stopPropagation();
                send({ type: "select", id: chip.id });
              }}
            >
              {replay ? <ChipState number={chip.id}>{chip.text}</ChipState> : chip.text}
            </button>
          ))}
          {data.members.more ? (
            <span className="wb-more" title={data.members.more_title}>
              +{data.members.more}
            </span>
          ) : null}
          {data.members.chips.length === 0 ? <span className="wb-none">{data.members.none}</span> : null}
          <Handle
            type="source"
            position={Position.Right}
            id="members"
            className="wb-source is-member"
            title={data.members.hint}
          />
        </div>
      ) : null}
      {ports.length ? (
        <div className="wb-ports">
          {ports.map((port) => (
            <div
              key={port.id}
              className={[
                "wb-port",
                port.level && `is-${port.level}`,
                port.empty && "is-empty",
                port.add && "is-add",
                overlay.ports?.includes(`${id}.${port.id}`) && "is-on",
              ]
                .filter(Boolean)
                .join(" ")}
              title={port.title}
            >
              <span className="wb-port-label">{port.label}</span>
              <Ending port={port} />
              <Handle type="source" position={Position.Right} id={port.id} className="wb-source" />
            </div>
          ))}
        </div>
      ) : null}
      {steps ? <span className="wb-step">{steps.join(" · ")}</span> : null}
    </div>
  );
});
