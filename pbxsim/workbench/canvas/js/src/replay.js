// A simulated day that is played: what stands at each card at a moment, and how far each call has come along its lines.
// Python tells the day once (diagram/day_replay.py), in tenths of a second; all else is counted here, so that the day can be
// moved to any moment. Knows no React and no picture.
export const OUTCOMES = ["talked", "voicemail", "lost"];
export const STATES = ["out", "paused", "idle", "ringing", "talking", "wrap_up", "retry_wait"];
const WORKING = new Set([3, 4, 5, 6].map((place) => STATES[place])); // whoever can take no other call now
const TOLD_MS = 180; // so often cards tell another figure while the day runs

// How many of these sorted values are not above `at`.
export function upTo(sorted, at) {
  let low = 0,
    high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

const rising = (one, other) => one - other;

class CardDay {
  constructor() {
    this.from = [];
    this.to = [];
    this.waitTo = []; // when each stay, in the order of `from`, ceased to wait
    this.met = [];
    this.metTo = [];
    this.lost = [];
    this.longest = 0;
  }

  close() {
    this.waitEnds = [...this.waitTo].sort(rising);
    for (const list of [this.to, this.met, this.metTo, this.lost]) list.sort(rising);
  }

  at(now) {
    const came = upTo(this.from, now);
    const talking = upTo(this.met, now) - upTo(this.metTo, now);
    const here = came - upTo(this.to, now);
    let oldest = now;
    for (let i = upTo(this.from, now - this.longest - 1); i < came; i += 1)
      if (this.waitTo[i] > now) {
        oldest = this.from[i];
        break;
      }
    return { came, here, talking, waiting: came - upTo(this.waitEnds, now), lost: upTo(this.lost, now), wait: now - oldest };
  }
}

export class Replay {
  constructor(day) {
    this.day = day;
    this.now = Math.max(0, (day.calls.at[0] || 0) - 600); // a minute before anybody calls
    this.running = false;
    this.speed = 60; // seconds of the day in a second
    this.followed = null; // a call's place
    this.listed = false; // whether calls under way stand beside
    this.listeners = new Set();
    this.told = 0;
    this.version = 0;
    const { calls, stays, hops } = day;
    this.cards = new Map(day.cards.map((id) => [id, new CardDay()]));
    this.staysOf = calls.at.map(() => []);
    for (let i = 0; i < stays.call.length; i += 1) {
      const card = this.cards.get(day.cards[stays.card[i]]);
      const call = stays.call[i],
        from = stays.from[i],
        to = stays.to[i],
        met = stays.met[i];
      card.from.push(from);
      card.to.push(to);
      card.waitTo.push(met >= 0 ? met : to);
      card.longest = Math.max(card.longest, (met >= 0 ? met : to) - from);
      if (met >= 0) {
        card.met.push(met);
        card.metTo.push(to);
      } else if (to === calls.end[call] && OUTCOMES[calls.kind[call]] === "lost") card.lost.push(to);
      this.staysOf[call].push(i);
    }
    for (const card of this.cards.values()) card.close();
    this.hopsOf = calls.at.map(() => []);
    for (let i = 0; i < hops.call.length; i += 1) this.hopsOf[hops.call[i]].push(i);
    this.begun = [...calls.at].sort(rising);
    this.over = [...calls.end].sort(rising);
    this.lost = calls.end.filter((_, call) => OUTCOMES[calls.kind[call]] === "lost").sort(rising);
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  tell() {
    this.told = performance.now();
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  // --- what a person does --------------------------------------------------------------------------------------------
  seek(now) {
    this.now = Math.max(0, Math.min(this.day.length, now));
    if (this.now >= this.day.length) this.running = false;
    this.tell();
  }

  run(running) {
    if (running && this.now >= this.day.length) this.now = 0;
    this.running = running;
    this.tell();
  }

  showBusiest() {
    this.running = false;
    this.seek(this.day.busiest);
  }

  setSpeed(speed) {
    this.speed = speed;
    this.tell();
  }

  follow(call) {
    this.followed = call;
    this.tell();
  }

  list(listed) {
    this.listed = listed;
    this.tell();
  }

  // So many milliseconds have passed. Whether the day goes on.
  step(passed) {
    this.now = Math.min(this.day.length, this.now + (passed / 100) * this.speed);
    if (this.now >= this.day.length) this.running = false;
    if (!this.running || performance.now() - this.told > TOLD_MS) this.tell();
    return this.running;
  }

  // --- what stands at the moment -------------------------------------------------------------------------------------
  card(id) {
    return this.cards.get(id)?.at(this.now) || null;
  }

  // The state of a member, or null for who has none.
  member(number) {
    const changes = this.day.members[number];
    if (!changes) return null;
    const place = upTo(changes.at, this.now) - 1;
    return place < 0 ? STATES[0] : STATES[changes.state[place]];
  }

  // Members of a card at work and those who are there at all, or null for a card without members.
  team(id) {
    const team = this.day.teams[id];
    if (!team) return null;
    const states = team.map((number) => this.member(number)).filter((state) => state && state !== "out");
    return { working: states.filter((state) => WORKING.has(state)).length, there: states.length };
  }

  totals() {
    const came = upTo(this.begun, this.now);
    return { came, here: came - upTo(this.over, this.now), lost: upTo(this.lost, this.now) };
  }

  // Calls under way, first those that wait and the oldest of them: call, card, since when it is there, whether it waits or talks;
  // and how many more there are.
  underWay(most) {
    const { calls, stays, cards, answering } = this.day;
    const found = [];
    for (let call = 0; call < upTo(calls.at, this.now); call += 1) {
      if (calls.end[call] <= this.now) continue;
      const here = this.staysOf[call].filter((i) => stays.from[i] <= this.now && stays.to[i] > this.now);
      const last = here[here.length - 1];
      if (last === undefined) continue;
      const met = stays.met[last];
      const card = cards[stays.card[last]];
      const talks = met >= 0 && met <= this.now;
      found.push({ call, card, since: talks ? met : stays.from[last], waits: !talks && answering.includes(card), talks });
    }
    found.sort((one, other) => other.waits - one.waits || one.since - other.since);
    return { shown: found.slice(0, most), more: Math.max(0, found.length - most) };
  }

  // The way of the call that is followed, as the canvas lights a way.
  way() {
    if (this.followed === null) return null;
    const { stays, hops, cards, edges } = this.day;
    const steps = {};
    let active = null;
    this.staysOf[this.followed]
      .filter((i) => stays.from[i] <= this.now)
      .forEach((i, place) => {
        active = cards[stays.card[i]];
        (steps[active] = steps[active] || []).push(place + 1);
      });
    const path = this.hopsOf[this.followed].filter((i) => hops.at[i] <= this.now).map((i) => edges[hops.edge[i]]);
    return { steps, path, ports: [], active, members: {} };
  }

  // --- what moves ----------------------------------------------------------------------------------------------------
  // Calls on their way along a line: line, how far (0 to 1), how they will end. `span` is how long a way takes to be seen.
  moving(span) {
    const { hops, edges, calls } = this.day;
    const found = [];
    for (let i = upTo(hops.at, this.now - span); i < hops.at.length && hops.at[i] <= this.now; i += 1)
      found.push({
        edge: edges[hops.edge[i]],
        far: (this.now - hops.at[i]) / span,
        kind: OUTCOMES[calls.kind[hops.call[i]]],
        followed: hops.call[i] === this.followed,
      });
    return found;
  }

  // What the wall clock shows.
  clock(at = this.now) {
    const { from, ahead_s, days } = this.day.clock;
    const wall = Math.floor(at / 10) + ahead_s[Math.max(0, upTo(from, at) - 1)];
    const day = Math.floor(wall / 86400);
    const two = (value) => String(value).padStart(2, "0");
    const time = wall - day * 86400;
    const shown = `${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)}`;
    return { time: shown, day: days.length > 1 ? days[day] : "" };
  }
}

// A length as people read it: 0:07, 12:30.
export function length(ticks) {
  const seconds = Math.floor(ticks / 10);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
