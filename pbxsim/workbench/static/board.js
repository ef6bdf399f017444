// The wallboard of the Live page: queues, calls, groups and people, with what an operator may do. It draws a part when that
// part changes, and once a second only the times that run.
export function render({ model, el }) {
  const clock = new Clock();
  const root = document.createElement("div");
  root.className = "wb";
  root.innerHTML =
    '<section class="box calls"></section><section class="queues"></section>' +
    '<section class="box groups"></section><section class="box people"></section><dialog></dialog>';
  el.append(root);
  const [calls, queues, groups, people] = ["calls", "queues", "groups", "people"].map((one) => root.querySelector(`.${one}`));
  const dialog = root.querySelector("dialog");
  const w = () => model.words;
  const send = (message) => model.send_msg(message);

  // A part is drawn again without losing the place of somebody at the keyboard: on the same button, or on another of its row if
  // that one is gone, as "sign out" once it is done.
  const put = (part, html) => {
    const at = part.getRootNode().activeElement;
    const key = at && part.contains(at) ? at.dataset.key : null;
    part.innerHTML = html;
    if (key) {
      const row = CSS.escape(key.slice(at.dataset.act.length));
      (part.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? part.querySelector(`[data-key$="${row}"]`))?.focus();
    }
    count(part, clock, model.limits);
  };
  const button = (act, key, data, label) =>
    `<button type="button" data-act="${act}" data-key="${esc(`${act}-${key}`)}" ${data} aria-label="${esc(`${w()[act]}: ${label}`)}">` +
    `${esc(w()[act])}</button>`;
  const figure = (name, value, status = "") =>
    `<div class="f" data-status="${status}"><dt>${esc(name)}</dt><dd>${value}</dd></div>`;

  const drawCalls = () => {
    const acts = model.about.may_act || model.about.may_listen;
    const rows = model.calls
      .map(
        (one) =>
          `<tr><td class="who">${esc(one.caller)}</td><td class="who">${esc(one.called)}</td><td>${esc(one.where)}</td>` +
          `<td class="v" data-name="${esc(w().version)}">${esc(one.version)}</td><td class="right">${lasting(one.since)}</td>` +
          (acts
            ? `<td class="acts">${one.acts.map((act) => button(act, one.call, `data-call="${esc(one.call)}"`, one.caller)).join("")}</td>`
            : "") +
          "</tr>",
      )
      .join("");
    const head = ["caller", "called", "where", "version", "since"]
      .map((name, n) => `<th scope="col" class="${n === 4 ? "right" : ""}">${esc(w()[name])}</th>`)
      .join("");
    const more = acts ? `<th scope="col"><span class="quiet">${esc(w().acts)}</span></th>` : "";
    put(
      calls,
      `<h2>${esc(fill(w().calls, model.calls.length))}</h2>` +
        (rows ? `<div class="scroll"><table><thead><tr>${head}${more}</tr></thead><tbody>${rows}</tbody></table></div>` : `<p>${esc(w().no_calls)}</p>`),
    );
  };

  const drawQueues = () => {
    const limits = model.limits;
    const tiles = model.queues
      .map((one) => {
        const level = levelOf(one, limits);
        const lost = lostOf(one, limits);
        return (
          `<article class="box tile" data-base="${worst(level, lost)}" data-status="${worst(level, lost)}" aria-label="${esc(one.name)}"><h3>${esc(one.name)} <small>${one.queue}</small></h3>` +
          `<dl class="big">${figure(fill(w().level, limits.within_s), percent(one.level, w().language), level)}` +
          figure(w().waiting, one.waiting) +
          figure(w().longest, one.since ? lasting(one.since, "data-wait") : "–") +
          `</dl><dl class="small">${figure(w().offered, one.offered)}${figure(w().answered, one.answered)}` +
          `${figure(w().lost, one.lost, lost)}${figure(w().free, `${one.free} / ${one.there}`)}</dl></article>`
        );
      })
      .join("");
    const tools =
      `<div class="tools"><a href="${esc(model.about.tv || "live?tv=1")}" target="_blank" rel="noopener">${esc(w().television)}</a>` +
      (model.about.may_act ? `<button type="button" data-act="thresholds" data-key="thresholds">${esc(w().thresholds)}</button>` : "") +
      "</div>";
    put(
      queues,
      `<div class="head"><h2>${esc(w().queues)} <small>${esc(w().today)}</small></h2>${tools}</div>` +
        (model.about.whole === false ? `<p class="note">${esc(w().not_whole)}</p>` : "") +
        (tiles ? `<div class="tiles">${tiles}</div>` : `<p>${esc(w().no_queues)}</p>`),
    );
  };

  const mark = (one) =>
    `<span class="state" data-state="${esc(one.state)}"><i aria-hidden="true"></i>${esc(one.word)}${one.reason ? `: ${esc(one.reason)}` : ""}</span>`;

  const drawGroups = () => {
    groups.hidden = !model.groups.length;
    const rows = model.groups
      .map(
        (one) =>
          `<tr><th scope="row">${esc(one.name)} <small>${one.group}</small></th><td class="right">${one.calls}</td><td><ul>` +
          one.members.map((member) => `<li>${esc(member.name)} ${mark(member)}</li>`).join("") +
          "</ul></td></tr>",
      )
      .join("");
    const head = ["group", "group_calls", "members"]
      .map((name) => `<th scope="col"${name === "group_calls" ? ' class="right"' : ""}>${esc(w()[name])}</th>`)
      .join("");
    put(groups, `<h2>${esc(w().groups)}</h2><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`);
  };

  const drawPeople = () => {
    const acts = model.about.may_act;
    // Where somebody is the same in every queue their state says it.
    const seat = (one, _, all) =>
      all.every((other) => other.state === one.state && other.reason === one.reason)
        ? `<li>${esc(one.name)}</li>`
        : `<li>${esc(one.name)}: ${esc(one.word)}${one.reason ? `, ${esc(one.reason)}` : ""} ${one.state === "in" ? "" : lasting(one.since)}</li>`;
    const rows = model.people
      .map(
        (one) =>
          `<tr><th scope="row">${esc(one.name)}</th><td>${mark(one)}</td><td class="right">${lasting(one.since)}</td>` +
          `<td><ul>${one.seats.map(seat).join("")}</ul></td>` +
          (acts ? `<td class="acts">${one.acts.map((act) => button(act, one.user, `data-user="${one.user}"`, one.name)).join("")}</td>` : "") +
          "</tr>",
      )
      .join("");
    const head = ["person", "state", "since", "seats"]
      .map((name, n) => `<th scope="col" class="${n === 2 ? "right" : ""}">${esc(w()[name])}</th>`)
      .join("");
    const more = acts ? `<th scope="col"><span class="quiet">${esc(w().acts)}</span></th>` : "";
    const states = Object.entries(model.summary).map(([name, n]) => `${n} ${w().states[name] || name}`);
    put(
      people,
      `<h2>${esc(w().people)} <small>${esc(states.join(" · "))}</small></h2>` +
        `<div class="scroll"><table><thead><tr>${head}${more}</tr></thead><tbody>${rows}</tbody></table></div>`,
    );
  };

  // --- what is done ------------------------------------------------------------------------------------------------
  const numbers = () => model.about.numbers.map(([number, name]) => `<option value="${esc(number)}">${esc(name)}</option>`).join("");
  const open = (title, fields, okay, done) => {
    dialog.innerHTML =
      `<form method="dialog"><h2 id="ask">${esc(title)}</h2>${fields}<div class="foot">` +
      `<button type="button" data-act="cancel">${esc(w().cancel)}</button><button type="submit" class="main">${esc(okay)}</button></div></form>`;
    dialog.setAttribute("aria-labelledby", "ask");
    dialog.querySelector("form").addEventListener("submit", () => done(new FormData(dialog.querySelector("form"))));
    dialog.showModal();
  };
  // The internal number whose phone rings; this browser knows it next time.
  const own = {
    get: () => { try { return localStorage.getItem("pbx-listen-phone") || ""; } catch { return ""; } },
    set: (number) => { try { localStorage.setItem("pbx-listen-phone", number); } catch { /* it is asked again */ } },
  };
  const LIMITS = [
    ["within_s", 1], ["level_warn", 100], ["level_bad", 100], ["wait_warn_s", 1], ["wait_bad_s", 1], ["lost_warn", 100], ["lost_bad", 100],
  ];
  const ask = {
    hangup: ({ call }, who) => open(fill(w().ask_hangup, who), `<p>${esc(w().ask_hangup_help)}</p>`, w().hangup, () => send({ type: "hangup", call })),
    transfer: ({ call }, who) =>
      open(
        fill(w().ask_transfer, who),
        `<label>${esc(w().to)}<input name="to" list="numbers" required pattern="[+]?[0-9*# ()\\-]{1,40}" autocomplete="off" inputmode="tel"></label><datalist id="numbers">${numbers()}</datalist>`,
        w().transfer,
        (form) => send({ type: "transfer", call, to: form.get("to") }),
      ),
    listen: ({ call }, who) => {
      const one = model.calls.find((found) => found.call === call);
      const modes = ["listen", ...(model.about.may_act ? ["whisper", "barge"] : [])];
      const agents = one.agents.length < 2 ? "" :
        `<label>${esc(w().agent)}<select name="agent">${one.agents.map(([user, name]) => `<option value="${user}">${esc(name)}</option>`).join("")}</select></label>`;
      open(
        fill(w().ask_listen, who),
        `<p>${esc(w().ask_listen_help)}</p><label>${esc(w().phone)}<input name="user" list="numbers" required pattern="[0-9]{3,4}" autocomplete="off" ` +
          `inputmode="numeric" value="${esc(own.get())}"></label><datalist id="numbers">${numbers()}</datalist>` +
          modes.map((mode, n) => `<label class="mode"><input type="radio" name="mode" value="${mode}"${n ? "" : " checked"}> <b>${esc(w()[mode])}</b>: ${esc(w()[`${mode}_means`])}</label>`).join("") +
          `${agents}<button type="button" data-act="leave" data-call="${esc(call)}">${esc(w().leave)}</button>`,
        w().okay_listen,
        (form) => {
          own.set(form.get("user"));
          const agent = Number(form.get("agent") || one.agents[0]?.[0]);
          send({ type: form.get("mode"), call, user: Number(form.get("user")), ...(agent ? { agent } : {}) });
        },
      );
    },
    pause: ({ user }, who, person) =>
      open(
        fill(w().ask_pause, who),
        `<label>${esc(w().reason)}<input name="reason" list="reasons" maxlength="64" autocomplete="off"></label>` +
          `<datalist id="reasons">${w().reasons.split("|").map((one) => `<option value="${esc(one)}"></option>`).join("")}</datalist>${where(person, "in")}`,
        w().pause,
        (form) => send({ type: "pause", user, reason: form.get("reason"), ...queueOf(form) }),
      ),
    thresholds: () =>
      open(
        w().thresholds_title,
        `<p>${esc(w().thresholds_help)}</p><div class="grid">` +
          LIMITS.map(
            ([name, by]) =>
              `<label>${esc(w()[name])}<input name="${name}" type="number" required min="0" max="${by === 1 ? 3600 : 100}" step="any" ` +
              `value="${Math.round(model.limits[name] * by * 100) / 100}"></label>`,
          ).join("") +
          `</div><button type="button" data-act="usual">${esc(w().usual)}</button>`,
        w().keep,
        (form) => send({ type: "thresholds", values: Object.fromEntries(LIMITS.map(([name, by]) => [name, Number(form.get(name)) / by])) }),
      ),
  };
  const where = (person, state) => {
    const seats = person.seats.filter((one) => one.state === state);
    if (seats.length < 2) return "";
    return (
      `<label>${esc(w().in_queue)}<select name="queue"><option value="">${esc(w().all_queues)}</option>` +
      seats.map((one) => `<option value="${one.queue}">${esc(one.name)}</option>`).join("") +
      "</select></label>"
    );
  };
  const queueOf = (form) => (form.get("queue") ? { queue: Number(form.get("queue")) } : {});
  root.addEventListener("click", (event) => {
    const at = event.target.closest("[data-act]");
    if (!at) return;
    const { act, call, user } = at.dataset;
    if (act === "cancel") dialog.close();
    else if (act === "usual") {
      send({ type: "thresholds", values: null });
      dialog.close();
    } else if (act === "thresholds") ask.thresholds();
    else if (act === "leave") {
      send({ type: "leave", call });
      dialog.close();
    } else if (call) {
      const one = model.calls.find((found) => found.call === call);
      if (one) ask[act]({ call }, one.caller);
    } else if (user) {
      const one = model.people.find((found) => String(found.user) === user);
      if (!one) return;
      if (act === "pause") ask.pause({ user: one.user }, one.name, one);
      else send({ type: act, user: one.user });
    }
  });

  const themed = () => root.classList.toggle("dark", model.theme === "dark");
  const told = () => {
    clock.take(model.about.now);
    drawCalls();
    drawQueues();
    drawPeople();
  };
  model.on("calls", drawCalls);
  model.on("queues", drawQueues);
  model.on("limits", drawQueues);
  model.on("groups", drawGroups);
  model.on("people", drawPeople);
  model.on("summary", drawPeople);
  model.on("about", told);
  model.on("theme", themed);
  themed();
  told();
  drawGroups();
  const timer = setInterval(() => count(root, clock, model.limits), 1000);
  model.on("lifecycle:remove", () => clearInterval(timer));
}
