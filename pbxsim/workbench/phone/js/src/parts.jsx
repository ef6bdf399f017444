// The pieces of the phone's face: fields, keys, the far end, devices, what went wrong, the latest calls.
import { useEffect, useId, useState } from "react";
import { PhoneIncoming, PhoneMissed, PhoneOutgoing, UserRound } from "lucide-react";

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"], ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
]; // prettier-ignore
const LOOK_MS = 500;

const clock = (seconds) => {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
};
export const filled = (text, ...values) => text.replace(/\{(\d)\}/g, (_, n) => values[n] ?? "");

export function Field({ label, children }) {
  // `children` draws the control, which has the id given to it.
  const id = useId();
  return (
    <div className="ph-field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

export function Timer({ since }) {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return <time className="ph-timer">{clock(Math.max(0, now - since) / 1000)}</time>;
}

export function Quality({ phone, id, texts }) {
  const [now, set] = useState({ level: 0, lost: 0, jitter: 0, path: "" });
  useEffect(() => {
    let on = true;
    const timer = setInterval(async () => {
      const found = await phone.quality(id);
      if (on) set(found);
    }, LOOK_MS);
    return () => {
      on = false;
      clearInterval(timer);
    };
  }, [phone, id]);
  return (
    <div className="ph-quality">
      <meter min="0" max="0.5" value={now.level} aria-label={texts.heard} title={texts.heard} />
      <small>
        {now.path === "failed" || now.path === "disconnected"
          ? texts.no_media
          : filled(texts.quality, now.lost.toFixed(1).replace(".", texts.decimal), now.jitter)}
      </small>
    </div>
  );
}

export function Pad({ onKey, texts, small }) {
  return (
    <div className={small ? "ph-pad small" : "ph-pad"} role="group" aria-label={texts.keypad}>
      {KEYS.map(([key, letters]) => (
        <button type="button" key={key} aria-label={key} onClick={() => onKey(key)}>
          <b>{key}</b>
          <span aria-hidden="true">{letters}</span>
        </button>
      ))}
    </div>
  );
}

export function Act({ icon: Icon, label, onClick, on, disabled }) {
  const pressed = on === undefined ? {} : { "aria-pressed": on };
  return (
    <button type="button" className={on ? "ph-act on" : "ph-act"} onClick={onClick} disabled={disabled} {...pressed}>
      <Icon size={20} aria-hidden="true" />
      <span>{label}</span>
    </button>
  );
}

export function Far({ call, names, texts, children }) {
  const title = names[call.number] || call.name;
  return (
    <div className="ph-far">
      <div className="ph-face" aria-hidden="true">
        <UserRound size={30} />
      </div>
      <h2>{title || call.number || texts.unknown}</h2>
      {title ? <p className="ph-number">{call.number}</p> : null}
      {children}
    </div>
  );
}

export function Sound({ phone, texts }) {
  const [known, set] = useState([]);
  const [chosen, choose] = useState({ ...phone.devices });
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media) return undefined;
    const look = () => media.enumerateDevices().then(set, () => {});
    look();
    media.addEventListener("devicechange", look);
    return () => media.removeEventListener("devicechange", look);
  }, []);
  const of = (kind) => known.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default");
  const list = (kind, what, label, apply) => (
    <Field label={label}>{(id) => (
      <select
        id={id}
        value={chosen[what]}
        onChange={(event) => {
          choose({ ...chosen, [what]: event.target.value });
          apply(event.target.value);
        }}
      >
        <option value="">{texts.usual_device}</option>
        {of(kind).map((one, i) => (
          <option key={one.deviceId} value={one.deviceId}>
            {one.label || filled(texts.device, i + 1)}
          </option>
        ))}
      </select>
    )}</Field>
  );
  return (
    <div className="ph-sound">
      {list("audioinput", "microphone", texts.microphone, (id) => phone.chooseMicrophone(id))}
      {"setSinkId" in Audio.prototype ? (
        list("audiooutput", "speaker", texts.speaker, (id) => phone.chooseSpeaker(id))
      ) : (
        <p className="ph-quiet">{texts.speaker_fixed}</p>
      )}
      <button type="button" className="ph-plain" onClick={() => phone.microphone().then(stop)}>
        {texts.try_microphone}
      </button>
    </div>
  );
}
const stop = (stream) => stream?.getTracks().forEach((track) => track.stop());

export function Problem({ problem, texts }) {
  if (!problem) return null;
  const text = problem.text || texts.problems[problem.key] || problem.key;
  return (
    <p className="ph-problem" role="alert">
      {text}
      {problem.detail ? <small>{problem.detail}</small> : null}
    </p>
  );
}

export function Recent({ entries, names, texts, onCall }) {
  if (!entries.length) return null;
  return (
    <section className="ph-recent">
      <h2>{texts.recent}</h2>
      <ul>
        {entries.map((one) => {
          const Icon = one.out ? PhoneOutgoing : one.since ? PhoneIncoming : PhoneMissed;
          return (
            <li key={one.id}>
              <button type="button" onClick={() => onCall(one.number)} title={texts.call_again}>
                <Icon size={15} aria-hidden="true" />
                <span>{names[one.number] ? `${one.number} ${names[one.number]}` : one.number || texts.unknown}</span>
                <small>{one.since ? clock(one.seconds) : texts.ends[one.why].split(".")[0]}</small>
              </button>
            </li>
          );
        })}
      </ul>
      <a href={texts.history_address} target="_blank" rel="noopener">{texts.history}</a>
    </section>
  );
}
