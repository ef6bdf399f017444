// The controls of a day that is played over the canvas, the dots that move along its lines, and what cards tell meanwhile.
import { useContext, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { ViewportPortal } from "@xyflow/react";
import { Hourglass, ListOrdered, Pause, Phone, PhoneMissed, Play, Sigma, Users } from "lucide-react";
import { CanvasContext } from "./context.js";
import { OUTCOMES, Replay, length } from "./replay.js";

const SPEEDS = [1, 10, 60, 300, 1200];
const SEEN_MS = 900; // a dot takes so long along its line, whatever the speed
const LISTED = 12;
const SVG = "http://www.w3.org/2000/svg";

// The day that is sent, as one that can be played; null while there is none.
export function useReplay(sent) {
  const replay = useMemo(() => (sent ? new Replay(JSON.parse(sent)) : null), [sent]);
  useEffect(() => {
    if (replay && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) replay.run(true);
    return () => replay?.run(false);
  }, [replay]);
  return replay;
}

const nothing = () => () => {};

// Draw again whenever what `read` gives of the day has changed.
export function useDay(replay, read) {
  return useSyncExternalStore(replay ? replay.subscribe : nothing, () => (replay ? read(replay) : null));
}

// --- on a card -------------------------------------------------------------------------------------------------------
const ICONS = { waiting: Hourglass, talking: Phone, lost: PhoneMissed, now: Phone, total: Sigma };

// What a card tells: pairs of a word and a figure.
const figures = (replay, id) => {
  const at = replay.card(id);
  if (!at) return [];
  const { here, came, waiting, talking, lost } = at;
  if (!replay.day.answering.includes(id)) return Object.entries({ now: here, total: came });
  return Object.entries({ waiting, talking, ...(lost ? { lost } : {}) });
};

const late = (replay, id) => {
  const at = replay.card(id);
  if (!at || !replay.day.queues.includes(id) || !at.waiting) return "";
  return at.wait > replay.day.within ? "is-late" : "is-waiting";
};

const share = (replay, id) => {
  const team = replay.team(id);
  return team && team.there ? Math.round((100 * team.working) / team.there) : -1;
};

// In place of the line under a card's name.
export function CardNow({ id }) {
  const { replay } = useContext(CanvasContext);
  const told = JSON.parse(useDay(replay, (day) => JSON.stringify(figures(day, id))));
  const level = useDay(replay, (day) => late(day, id));
  const busy = useDay(replay, (day) => share(day, id));
  const words = replay.day.words;
  const text = told.map(([word, figure]) => `${figure} ${words[word]}`).join(" · ");
  return (
    <>
      <span className={`wb-sub wb-now ${level}`} title={text} data-testid={`now-${id}`}>
        {told.map(([word, figure]) => {
          const Icon = ICONS[word];
          return (
            <span key={word} className={`is-${word}`}>
              <Icon size={12} aria-label={words[word]} />
              {figure}
            </span>
          );
        })}
      </span>
      {busy >= 0 ? (
        <span className="wb-busy" title={`${words.working}: ${busy} %`}>
          <span style={{ width: `${busy}%` }} />
        </span>
      ) : null}
    </>
  );
}

// A member's name, coloured by what the member does.
export function ChipState({ number, children }) {
  const { replay } = useContext(CanvasContext);
  const state = useDay(replay, (day) => day.member(number));
  return (
    <span className={`wb-chip-state ${state ? `is-${state}` : ""}`} title={state ? replay.day.words[`state.${state}`] : ""}>
      {children}
    </span>
  );
}

// --- dots ------------------------------------------------------------------------------------------------------------
export function Dots({ replay, root }) {
  const layer = useRef(null);
  useEffect(() => {
    let asked = 0,
      before = 0;
    const lines = new Map();
    const line = (id) => {
      const known = lines.get(id);
      if (known?.[0].isConnected) return known;
      const found = root.querySelector(`.react-flow__edge[data-id="${CSS.escape(id)}"] path.react-flow__edge-path`);
      if (found) lines.set(id, [found, found.getTotalLength()]);
      return found ? lines.get(id) : null;
    };
    const draw = () => {
      const dots = layer.current?.childNodes;
      if (!dots) return;
      let used = 0;
      for (const call of replay.moving((SEEN_MS / 100) * replay.speed)) {
        const way = line(call.edge);
        if (!way) continue;
        let dot = dots[used];
        if (!dot) {
          dot = document.createElementNS(SVG, "circle");
          layer.current.append(dot);
        }
        const at = way[0].getPointAtLength(way[1] * call.far);
        dot.setAttribute("cx", at.x);
        dot.setAttribute("cy", at.y);
        dot.setAttribute("r", call.followed ? 7 : 5);
        dot.setAttribute("class", `is-${call.kind}`);
        used += 1;
      }
      while (dots.length > used) layer.current.lastChild.remove();
    };
    const frame = (now) => {
      const goes = replay.step(Math.min(250, now - before));
      before = now;
      draw();
      asked = goes ? requestAnimationFrame(frame) : 0;
    };
    const changed = () => {
      if (replay.running && !asked) {
        before = performance.now();
        asked = requestAnimationFrame(frame);
      } else if (!replay.running) draw();
    };
    const stop = replay.subscribe(changed);
    changed();
    return () => {
      stop();
      cancelAnimationFrame(asked);
    };
  }, [replay, root]);
  return (
    <ViewportPortal>
      <svg ref={layer} className="wb-dots" aria-hidden="true" />
    </ViewportPortal>
  );
}

// --- controls --------------------------------------------------------------------------------------------------------
// Calls under way, beside the flow; one of them can be followed.
export function UnderWay({ replay, titles }) {
  useDay(replay, (day) => day.version);
  const { shown, more } = replay.underWay(LISTED);
  const words = replay.day.words;
  const { calls } = replay.day;
  return (
    <div className="wb-under" role="group" aria-label={words.list}>
      {shown.map(({ call, card, since, waits, talks }) => (
        <button
          key={call}
          className={replay.followed === call ? "is-down" : ""}
          aria-pressed={replay.followed === call}
          title={words.follow}
          onClick={() => replay.follow(replay.followed === call ? null : call)}
        >
          <b>{calls.caller[call]}</b>
          <span>{titles[card] || card}</span>
          <i className={waits ? "is-waiting" : talks ? "is-talking" : ""}>{length(replay.now - since)}</i>
        </button>
      ))}
      {more ? <span className="wb-none-here">{words.more.replace("{0}", more)}</span> : null}
      {shown.length ? null : <span className="wb-none-here">{words.nobody}</span>}
    </div>
  );
}

export function ReplayBar({ replay }) {
  useDay(replay, (day) => day.version);
  const { words } = replay.day;
  const listed = replay.listed;
  const { time, day } = replay.clock();
  const totals = replay.totals();
  return (
      <div className="wb-replay" role="group" aria-label={words.bar} data-testid="replay">
        <button
          className="wb-go"
          aria-label={replay.running ? words.stop : words.play}
          title={replay.running ? words.stop : words.play}
          onClick={() => replay.run(!replay.running)}
        >
          {replay.running ? <Pause size={17} /> : <Play size={17} />}
        </button>
        <span className="wb-clock" data-testid="replay-clock">
          {day ? <small>{day}</small> : null}
          {time}
        </span>
        <input
          type="range"
          min={0}
          max={replay.day.length}
          step={600}
          value={replay.now}
          aria-label={words.time}
          aria-valuetext={`${day} ${time}`.trim()}
          onChange={(event) => replay.seek(Number(event.target.value))}
        />
        <select
          aria-label={words.speed}
          title={words.speed}
          value={replay.speed}
          onChange={(event) => replay.setSpeed(Number(event.target.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {words.times.replace("{0}", speed)}
            </option>
          ))}
        </select>
        <button aria-label={words.busiest} title={words.busiest} onClick={() => replay.showBusiest()}>
          <Users size={17} />
        </button>
        <button
          aria-label={words.list}
          title={words.list}
          aria-pressed={listed}
          className={listed ? "is-down" : ""}
          onClick={() => replay.list(!listed)}
        >
          <ListOrdered size={17} />
        </button>
        <span className="wb-sums" data-testid="replay-sums">
          {words.calls}: {totals.came} · {totals.here} {words.now} · {totals.lost} {words.lost}
        </span>
        <span className="wb-legend">
          {OUTCOMES.map((kind) => (
            <span key={kind}>
              <svg width="10" height="10" aria-hidden="true">
                <circle cx="5" cy="5" r="4" className={`is-${kind}`} />
              </svg>
              {words[kind]}
            </span>
          ))}
          {["waiting", "talking"].map((word) => {
            const Icon = ICONS[word];
            return (
              <span key={word}>
                <Icon size={12} aria-hidden="true" />
                {words[word]}
              </span>
            );
          })}
        </span>
      </div>
  );
}
