// The wallboard on a television: large figures, no controls. As many queues as can be read at five metres stand beside one another;
// where there are more, pages of them follow one another. The screen is kept awake where the browser can do that.
const TURN_MS = 15000;
const LAYOUTS = [[1, 1], [2, 1], [2, 2], [3, 2]]; // columns, rows

export function render({ model, el }) {
  const clock = new Clock();
  const root = document.createElement("div");
  root.className = "television";
  root.innerHTML = '<h1></h1><header></header><div class="grid"></div><footer></footer><div class="lost" role="status"></div>';
  el.append(root);
  const [title, head, grid, foot, lost] = ["h1", "header", ".grid", "footer", ".lost"].map((one) => root.querySelector(one));
  const w = () => model.words;
  let turn = 0;

  const layout = () => LAYOUTS.find(([columns, rows]) => columns * rows >= model.queues.length) || LAYOUTS.at(-1);
  const figure = (name, value, status = "") =>
    `<div class="f" data-status="${status}"><dt>${esc(name)}</dt><dd>${value}</dd></div>`;

  const drawGrid = () => {
    const [columns, rows] = layout();
    const most = columns * rows;
    const pages = Math.max(1, Math.ceil(model.queues.length / most));
    turn %= pages;
    const shown = model.queues.slice(turn * most, turn * most + most);
    grid.style.setProperty("--columns", columns);
    grid.style.setProperty("--rows", rows);
    grid.dataset.most = most;
    const limits = model.limits;
    grid.innerHTML =
      shown
        .map((one) => {
          const level = levelOf(one, limits);
          const lost = lostOf(one, limits);
          const status = worst(level, lost);
          return (
            `<article data-base="${status}" data-status="${status}"><h2>${esc(one.name)}</h2><dl class="big">` +
            figure(fill(w().level, limits.within_s), percent(one.level, w().language), level) +
            figure(w().waiting, one.waiting) +
            figure(w().longest, one.since ? lasting(one.since, "data-wait") : "–") +
            `</dl><dl class="small">${figure(w().offered, one.offered)}${figure(w().answered, one.answered)}` +
            `${figure(w().lost, one.lost, lost)}${figure(w().free, `${one.free}/${one.there}`)}</dl></article>`
          );
        })
        .join("") || `<p>${esc(w().no_queues)}</p>`;
    foot.dataset.page = pages > 1 ? `${turn + 1} / ${pages}` : "";
    count(grid, clock, limits, w().hour);
    drawFoot();
  };
  const drawFoot = () => {
    const states = Object.entries(model.summary)
      .map(([name, n]) => `<li data-state="${name}"><i aria-hidden="true"></i><b>${n}</b> ${esc(w().states[name] || name)}</li>`)
      .join("");
    foot.innerHTML = `<ul>${states}</ul><span>${esc(foot.dataset.page || "")}</span>`;
  };
  const sum = (name) => model.queues.reduce((so, one) => so + one[name], 0);
  const drawHead = () => {
    title.textContent = fill(w().wall, model.about.pbx || "");
    head.innerHTML =
      `<b>${esc(model.about.pbx || "")}</b><span>${esc(w().calls_now)} <b>${model.calls.length}</b></span>` +
      `<span>${esc(w().offered)} <b>${sum("offered")}</b></span><span>${esc(w().answered)} <b>${sum("answered")}</b></span>` +
      `<span>${esc(w().lost)} <b>${sum("lost")}</b></span><time></time>`;
    tell();
  };
  const tell = () => {
    const now = new Date(clock.now() + (model.about.offset_s || 0) * 1000); // the PBX's own time
    const text = new Intl.DateTimeFormat(w().language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }).format(now);
    const at = head.querySelector("time");
    if (at && at.textContent !== text) at.textContent = text;
  };
  const told = () => {
    clock.take(model.about.now);
    lost.textContent = model.about.lost || "";
    root.classList.toggle("is-lost", Boolean(model.about.lost));
    drawHead();
  };
  const themed = () => root.classList.toggle("dark", model.theme === "dark");

  // --- awake, and the whole screen ---------------------------------------------------------------------------------
  let awake = null;
  const stay = async () => {
    if (document.visibilityState !== "visible" || !navigator.wakeLock || awake) return;
    try {
      awake = await navigator.wakeLock.request("screen");
      awake.addEventListener("release", () => {
        awake = null;
      });
    } catch {
      awake = null; // not allowed here: the television's own settings keep it on
    }
  };
  const whole = () => document.documentElement.requestFullscreen?.().catch(() => {});
  document.addEventListener("visibilitychange", stay);
  document.addEventListener("dblclick", whole);
  stay();

  model.on("queues", () => {
    drawGrid();
    drawHead();
  });
  model.on("limits", drawGrid);
  model.on("calls", drawHead);
  model.on("summary", drawFoot);
  model.on("about", told);
  model.on("theme", themed);
  themed();
  told();
  drawGrid();
  const timer = setInterval(() => {
    count(grid, clock, model.limits, w().hour);
    tell();
  }, 1000);
  const turning = setInterval(() => {
    turn += 1;
    drawGrid();
  }, TURN_MS);
  model.on("lifecycle:remove", () => {
    clearInterval(timer);
    clearInterval(turning);
    document.removeEventListener("visibilitychange", stay);
    document.removeEventListener("dblclick", whole);
    awake?.release();
  });
}
