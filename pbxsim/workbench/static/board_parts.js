// What the wallboard on the Live page and the one on a television share: words, durations, colours, keeping the clock.
// Every instant is milliseconds since 1970 by the server's clock; `clock` tells how far the browser's is off.
const esc = (text) =>
  String(text ?? "").replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

const two = (n) => String(n).padStart(2, "0");
const span = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

// The status of a figure: "" for none, else good, warn or bad. `limits` are the thresholds.
const low = (value, warn, bad) => (value === null || value === undefined ? "" : value < bad ? "bad" : value < warn ? "warn" : "good");
const high = (value, warn, bad) => (value > bad ? "bad" : value > warn ? "warn" : "good");
const levelOf = (queue, limits) => low(queue.level, limits.level_warn, limits.level_bad);
const lostOf = (queue, limits) => {
  const share = queue.offered ? (queue.lost - queue.short) / queue.offered : 0;
  return queue.offered ? high(share, limits.lost_warn, limits.lost_bad) : "";
};
const waitOf = (seconds, limits) => high(seconds, limits.wait_warn_s, limits.wait_bad_s);
const worst = (...found) => ["bad", "warn", "good"].find((one) => found.includes(one)) || "";

// A share as HTML, its sign smaller than its figures.
function percent(share, language) {
  if (share === null || share === undefined) return "–";
  const text = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
  return esc(text).replace(/\s*%/, (sign) => `<small>${sign}</small>`);
}

class Clock {
  constructor() {
    this.ahead = 0;
    this.seen = null;
  }
  take(now) {
    if (now && now !== this.seen) {
      this.seen = now;
      this.ahead = now - Date.now();
    }
  }
  now() {
    return Date.now() + this.ahead;
  }
}

// Puts lasting times into everything that has `data-since`, and the colour of a wait, and of its tile, where it has `data-wait`. With a word for hours
// no seconds are shown beyond one: there is no room for them.
function count(root, clock, limits, hour = "") {
  const now = clock.now();
  for (const at of root.querySelectorAll("[data-since]")) {
    const seconds = (now - Number(at.dataset.since)) / 1000;
    const text = hour && seconds >= 3600 ? `${Math.floor(seconds / 3600)} ${hour} ${two(Math.floor(seconds / 60) % 60)}` : span(seconds);
    if (at.textContent !== text) at.textContent = text;
    if (at.dataset.wait !== undefined) {
      const status = waitOf(seconds, limits);
      const [figure, tile] = [at.closest(".f"), at.closest("[data-base]")];
      if (figure.dataset.status !== status) figure.dataset.status = status;
      const whole = worst(tile.dataset.base, status);
      if (tile.dataset.status !== whole) tile.dataset.status = whole;
    }
  }
}

const lasting = (since, more = "") => (since ? `<span class="t" data-since="${since}" ${more}></span>` : "");
const fill = (text, ...values) => values.reduce((so, value, n) => so.replaceAll(`{${n}}`, value), text || "");
