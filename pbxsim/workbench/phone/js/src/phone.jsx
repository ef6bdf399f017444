// The face of the phone: who it is, a number and keys, the call with what can be done to it, devices, and what went wrong.
// It knows no server: whose phone it is and what it may call it asks for by messages, and is answered by messages.
import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  ArrowLeftRight,
  Delete,
  Grip,
  Merge,
  Mic,
  MicOff,
  Pause,
  Phone as PhoneIcon,
  PhoneOff,
  Play,
  Settings2,
  Undo2,
} from "lucide-react";
import { makeHost, useValue } from "../../../canvas/js/src/host.js";
import { Act, Far, Field, Pad, Problem, Quality, Recent, Sound, Timer, filled } from "./parts.jsx";
import { Softphone } from "./softphone.js";
import "./phone.css";

const OUTSIDE = "outside";
const AS = "pbx-phone-as";

function Talk({ phone, state, names, texts }) {
  const [open, show] = useState("");
  const [to, address] = useState("");
  const calls = state.calls;
  const call = calls[calls.length - 1];
  const first = calls.length > 1 ? calls[0] : null;
  const talking = call.state === "talking";
  const status = {
    calling: texts.calling,
    ringing: texts.rings_there,
    incoming: texts.rings_here,
    talking: call.held ? texts.on_hold : call.waits ? texts.they_hold : "",
  }[call.state];
  const press = (key) => phone.press(call.id, key);
  const back = async () => {
    phone.hangUp(call.id);
    await phone.hold(first.id, false);
  };
  const consult = async () => {
    await phone.hold(call.id, true);
    phone.ask(to);
    show("");
  };
  return (
    <section className="ph-talk" aria-label={texts.call}>
      {first ? (
        <p className="ph-first">
          <Pause size={14} aria-hidden="true" /> {filled(texts.first_waits, names[first.number] || first.number)}
        </p>
      ) : null}
      <Far call={call} names={names} texts={texts}>
        <p className="ph-status" role="status">
          {status}
          {call.transferring ? ` ${filled(texts.transferring, call.transferring)}` : ""}
          {talking && call.since ? <Timer since={call.since} /> : null}
        </p>
        {talking ? <Quality phone={phone} id={call.id} texts={texts} /> : null}
      </Far>
      {call.state === "incoming" ? (
        <div className="ph-answer">
          <button type="button" className="ph-go" onClick={() => phone.answer(call.id)}>
            <PhoneIcon size={22} aria-hidden="true" /> {texts.answer}
          </button>
          <button type="button" className="ph-end" onClick={() => phone.hangUp(call.id)}>
            <PhoneOff size={22} aria-hidden="true" /> {texts.decline}
          </button>
        </div>
      ) : (
        <>
          {open === "keys" ? (
            <>
              <output className="ph-keys">{call.keys || " "}</output>
              <Pad onKey={press} texts={texts} small />
            </>
          ) : null}
          {open === "transfer" ? (
            <form
              className="ph-transfer"
              onSubmit={(event) => {
                event.preventDefault();
                if (to) phone.transfer(call.id, to);
                show("");
              }}
            >
              <Field label={texts.transfer_to}>{(id) => (
                <input id={id} list="ph-people" value={to} onChange={(event) => address(dialled(event.target.value))} autoFocus />
              )}</Field>
              <div className="ph-two">
                <button type="submit" className="ph-main" disabled={!to}>
                  {texts.transfer_now}
                </button>
                {state.user !== null ? (
                  <button type="button" className="ph-plain" disabled={!to} onClick={consult}>
                    {texts.ask_first}
                  </button>
                ) : null}
              </div>
            </form>
          ) : null}
          <div className="ph-acts">
            <Act icon={call.muted ? MicOff : Mic} label={texts.mute} on={Boolean(call.muted)} disabled={!talking}
              onClick={() => phone.mute(call.id, !call.muted)} />
            {first ? null : (
              <Act icon={call.held ? Play : Pause} label={call.held ? texts.resume : texts.hold} on={Boolean(call.held)}
                disabled={!talking} onClick={() => phone.hold(call.id, !call.held)} />
            )}
            <Act icon={Grip} label={texts.keypad} on={open === "keys"} disabled={!talking && !call.early}
              onClick={() => show(open === "keys" ? "" : "keys")} />
            {first ? (
              <Act icon={Merge} label={texts.join} disabled={!talking}
                onClick={() => phone.transfer(first.id, call.number, call.id)} />
            ) : (
              <Act icon={ArrowLeftRight} label={texts.transfer} on={open === "transfer"}
                disabled={!talking || state.user === null} onClick={() => show(open === "transfer" ? "" : "transfer")} />
            )}
            {first ? <Act icon={Undo2} label={texts.back} onClick={back} /> : null}
          </div>
          <button type="button" className="ph-end wide" onClick={() => phone.hangUp(call.id)}>
            <PhoneOff size={22} aria-hidden="true" /> {texts.hang_up}
          </button>
        </>
      )}
    </section>
  );
}

// A number as it is dialled, from what a person chose or typed: "103 Gleb" is 103.
const dialled = (text) => text.trim().split(/\s+[^\d\s(]/)[0].replace(/[^\d+*#]/g, "");

function PhonePage({ host, phone }) {
  const texts = useValue(host, "texts");
  const theme = useValue(host, "theme");
  const book = useValue(host, "book");
  const asked = useValue(host, "asked");
  const [state, set] = useState(phone.state);
  const remembered = window.localStorage.getItem(AS);
  const known = (who) => book.users.some((user) => user.number === who);
  const [who, become] = useState(() =>
    known(asked.as) ? asked.as : !asked.to && known(remembered) ? remembered : OUTSIDE,
  );
  const [number, dial] = useState(asked.to || "");
  const [caller, from] = useState(asked.caller || "84951112233");
  const [devices, show] = useState(false);
  const waits = useRef(null); // a number to be called as soon as the phone is ready
  const names = useMemo(() => Object.fromEntries(book.numbers.map((one) => [one.number, one.title])), [book]);

  const begin = (as, at = caller) => host.send({ type: "begin", user: as === OUTSIDE ? "" : as, caller: at });

  useEffect(() => {
    phone.changed = set;
    phone.onReady = () => {
      if (waits.current) host.send({ type: "dial", to: waits.current });
    };
    phone.onRefused = (pass) => pass && begin(pass.user === null ? OUTSIDE : String(pass.user), pass.caller);
    phone.ask = (to) => host.send({ type: "dial", to });
    const heard = (event) => {
      const told = event.data ?? event;
      if (told.type === "pass") phone.begin(told.pass);
      if (told.type === "dial") {
        waits.current = null;
        phone.call(told.to);
      }
      if (told.type === "problem") {
        waits.current = null;
        if (told.over) phone.end();
        phone.set({ problem: { text: told.text, detail: told.detail } });
      }
    };
    host.listen(heard);
    if (!book.may) phone.set({ problem: { text: book.why_not } });
    else if (who !== OUTSIDE) begin(who);
    const asks = (event) => {
      if (phone.state.calls.length) event.preventDefault();
    };
    const gone = () => phone.end();
    const moved = (event) => {
      // Another page of ours asks for a call.
      if (event.origin !== window.location.origin || event.data?.type !== "pbx-phone" || phone.state.calls.length) return;
      dial(event.data.to || "");
      if (event.data.caller) from(event.data.caller);
      if (known(event.data.as)) choose(event.data.as);
      else if (event.data.caller) choose(OUTSIDE);
    };
    window.addEventListener("beforeunload", asks);
    window.addEventListener("pagehide", gone);
    window.addEventListener("message", moved);
    return () => {
      window.removeEventListener("beforeunload", asks);
      window.removeEventListener("pagehide", gone);
      window.removeEventListener("message", moved);
      phone.end();
    };
  }, []);

  const incoming = state.calls.find((call) => call.state === "incoming");
  useEffect(() => {
    const before = document.title;
    if (incoming) document.title = `☎ ${names[incoming.number] || incoming.number}`;
    return () => {
      document.title = before;
    };
  }, [incoming?.id]);

  const choose = (as) => {
    become(as);
    window.localStorage.setItem(AS, as);
    waits.current = null;
    if (as === OUTSIDE) {
      phone.end();
      host.send({ type: "end" });
    } else begin(as);
  };
  const call = (to) => {
    if (!to) return;
    const line = phone.state.line;
    const same = who !== OUTSIDE || phone.pass?.caller === caller;
    if (same && (line === "registered" || line === "connected")) {
      host.send({ type: "dial", to });
      return;
    }
    waits.current = to;
    if (line !== "connecting" || !same) begin(who);
  };
  const keyed = (event) => {
    const live = state.calls[state.calls.length - 1];
    if (live?.state !== "talking" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT)$/.test(event.target.tagName) || !/^[0-9*#]$/.test(event.key)) return;
    phone.press(live.id, event.key);
  };

  const line = who === OUTSIDE && state.line === "off" ? "outside" : state.line;
  const idle = !state.calls.length;
  const choices = who === OUTSIDE ? book.trunks : book.numbers;
  return (
    <div className={`ph ${theme}`} onKeyDown={keyed} tabIndex={-1}>
      <section className="ph-who">
        <Field label={texts.who}>{(id) => (
          <select id={id} value={who} onChange={(event) => choose(event.target.value)} disabled={!idle || !book.may}>
            <option value={OUTSIDE}>{texts.outside}</option>
            {book.users.map((user) => (
              <option key={user.number} value={user.number}>
                {`${user.number} ${user.title}`}
              </option>
            ))}
          </select>
        )}</Field>
        <p className={`ph-line ${line}`} role="status">
          <i aria-hidden="true" />
          {texts.lines[line]}
        </p>
      </section>
      <Problem problem={state.problem} texts={texts} />
      {idle ? (
        <section className="ph-dial" aria-label={texts.dial}>
          {state.ended && state.ended.why !== "over" ? (
            <p className="ph-ended" role="status">
              {filled(texts.ended, names[state.ended.number] || state.ended.number, texts.ends[state.ended.why])}
              {state.ended.detail ? <small>{state.ended.detail}</small> : null}
            </p>
          ) : null}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              call(number);
            }}
          >
            {who === OUTSIDE ? (
              <Field label={texts.from}>{(id) => (
                <input
                  id={id}
                  inputMode="tel"
                  value={caller}
                  onChange={(event) => from(event.target.value.replace(/[^\d+]/g, ""))}
                />
              )}</Field>
            ) : null}
            <Field label={who === OUTSIDE ? texts.trunk_called : texts.called}>{(id) => (
              <span className="ph-entry">
                <input
                  id={id}
                  className="ph-to"
                  list="ph-numbers"
                  inputMode="tel"
                  autoComplete="off"
                  value={number}
                  onChange={(event) => dial(dialled(event.target.value))}
                />
                <button type="button" aria-label={texts.rub_out} onClick={() => dial(number.slice(0, -1))} disabled={!number}>
                  <Delete size={18} aria-hidden="true" />
                </button>
              </span>
            )}</Field>
            <p className="ph-title">{names[number] || " "}</p>
            <Pad onKey={(key) => dial(number + key)} texts={texts} />
            <button type="submit" className="ph-go wide" disabled={!number || !book.may}>
              <PhoneIcon size={22} aria-hidden="true" /> {texts.call_it}
            </button>
          </form>
        </section>
      ) : (
        <Talk phone={phone} state={state} names={names} texts={texts} />
      )}
      <datalist id="ph-numbers">
        {choices.map((one) => (
          <option key={one.number} value={one.number}>{one.title}</option>
        ))}
      </datalist>
      <datalist id="ph-people">
        {book.numbers.map((one) => (
          <option key={one.number} value={one.number}>{one.title}</option>
        ))}
      </datalist>
      <button type="button" className="ph-plain ph-settings" aria-expanded={devices} onClick={() => show(!devices)}>
        <Settings2 size={16} aria-hidden="true" /> {texts.devices}
      </button>
      {devices ? <Sound phone={phone} texts={texts} /> : null}
      {idle ? <Recent entries={state.recent} names={names} texts={texts} onCall={dial} /> : null}
    </div>
  );
}

function render({ model, el }) {
  const mount = document.createElement("div");
  mount.className = "ph-mount";
  el.appendChild(mount);
  const host = { ...makeHost(model), listen: (heard) => model.on("msg:custom", heard) };
  const root = createRoot(mount);
  const phone = new Softphone(() => {});
  root.render(<PhonePage host={host} phone={phone} />);
  model.on("lifecycle:remove", () => root.unmount());
}

export default { render };
