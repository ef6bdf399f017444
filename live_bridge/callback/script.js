/* The callback widget on a website: a button, and a window that offers a call. One script, no other files, nothing of the
   site is touched: everything lies in a shadow root. <script src="https://BRIDGE/widget/KEY.js" async></script> */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script) return;
  var base = script.src.replace(/\.js(\?.*)?$/, "");
  var page = location.pathname;
  var WORDS = {
    en: {
      button: "Call me back",
      text: "Leave your number: we call you right away.",
      later: "Nobody can answer now. Leave your number: we call you as soon as we can.",
      number: "Your phone number",
      ask: "Call me",
      leave: "Leave the number",
      close: "Close",
      free: function (n) { return n === 1 ? "1 manager is free" : n + " managers are free"; },
      asked: "One moment…",
      ringing: "We are looking for a manager…",
      calling: function (name) { return (name || "A manager") + " is calling you: pick up the phone."; },
      talking: function (name) { return "You are talking" + (name ? " with " + name : "") + "."; },
      done: "Thank you for the call.",
      nobody: "Nobody could answer. Your number is noted: we call you.",
      not_reached: "You did not pick up. Ask again whenever you like.",
      noted: "Thank you. Your number is noted: we call you.",
      bad: "Write the number in full, with the area code.",
      pending: "A call to this number is already under way.",
      often: "Too many requests. Please try again later.",
      failed: "That did not work. Please try again.",
      move: "Drag, or move with the arrow keys"
    },
    ru: {
      button: "Перезвоните мне",
      text: "Оставьте номер — мы сразу перезвоним.",
      later: "Сейчас никто не может ответить. Оставьте номер — перезвоним, как только сможем.",
      number: "Ваш номер телефона",
      ask: "Жду звонка",
      leave: "Оставить номер",
      close: "Закрыть",
      free: function (n) {
        var few = n % 10 > 1 && n % 10 < 5 && (n % 100 < 10 || n % 100 > 20);
        if (n % 10 === 1 && n % 100 !== 11) return "Свободен " + n + " менеджер";
        return "Свободно " + n + (few ? " менеджера" : " менеджеров");
      },
      asked: "Одну минуту…",
      ringing: "Ищем менеджера…",
      calling: function (name) { return (name ? name + " звонит вам" : "Вам звонят") + ": возьмите трубку."; },
      talking: function (name) { return name ? "Вы говорите: " + name + "." : "Вы говорите."; },
      done: "Спасибо за звонок.",
      nobody: "Никто не смог ответить. Номер записан — мы перезвоним.",
      not_reached: "Вы не взяли трубку. Попросите ещё раз, когда удобно.",
      noted: "Спасибо. Номер записан — мы перезвоним.",
      bad: "Напишите номер полностью, с кодом.",
      pending: "Звонок на этот номер уже идёт.",
      often: "Слишком много просьб. Попробуйте позже.",
      failed: "Не получилось. Попробуйте ещё раз.",
      move: "Перетащите или двигайте стрелками"
    }
  };
  var SIZES = { small: 44, medium: 56, large: 68 };
  var OVER = ["done", "nobody", "not_reached"];

  function get(path, then, failed) { send("GET", path, null, then, failed); }

  function send(method, path, body, then, failed) {
    var request = new XMLHttpRequest();
    request.open(method, base + path);
    request.timeout = 15000;
    request.onload = function () {
      var told = {};
      try { told = JSON.parse(request.responseText); } catch (e) { /* no answer of ours */ }
      if (request.status < 300) then(told); else if (failed) failed(told);
    };
    request.onerror = request.ontimeout = function () { if (failed) failed({}); };
    if (body) request.setRequestHeader("Content-Type", "application/json");
    request.send(body && JSON.stringify(body));
  }

  function kept(where, key, value) {
    try {
      var store = window[where];
      if (value === undefined) return store.getItem(key);
      store.setItem(key, value);
    } catch (e) { /* a site or browser without storage */ }
    return null;
  }

  /* White or black, whichever is read better on a colour (WCAG 2.2, contrast). */
  function ink(color) {
    var light = [1, 3, 5].map(function (i) {
      var part = parseInt(color.substr(i, 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.179 ? "#000" : "#fff";
  }

  function make(tag, parent, attributes, text) {
    var made = document.createElement(tag);
    for (var name in attributes) made.setAttribute(name, attributes[name]);
    if (text) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }

  /* Styles that a strict content policy of the site lets pass. */
  function dress(root, css) {
    try {
      var sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch (e) {
      make("style", root, {}, css);
    }
  }

  function start(look) {
    var phone = window.matchMedia && matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < 600;
    if (look.hide_on_mobiles && phone) return;
    var language = look.language;
    if (language === "auto") language = /^(ru|be|uk|kk)/.test((navigator.language || "").toLowerCase()) ? "ru" : "en";
    var words = WORDS[language] || WORDS.en;
    var side = SIZES[look.size] || SIZES.medium;
    var top = look.place.indexOf("top") === 0;
    var left = look.place.indexOf("left") > 0;
    var host = make("div", null, { lang: language });
    host.style.cssText = "all:initial;position:fixed;z-index:2147483000;width:0;height:0";
    var root = host.attachShadow ? host.attachShadow({ mode: "open" }) : host;
    var color = look.color;
    dress(root,
      ".b,.w{font:16px/1.45 system-ui,sans-serif}*{box-sizing:border-box}.b *,.w *{font:inherit}" +
      ".b{position:fixed;min-width:" + side + "px;min-height:" + side + "px;padding:0 18px;border:0;border-radius:" + side / 2 +
      "px;background:" + color + ";color:" + ink(color) + ";cursor:pointer;display:flex;align-items:center;gap:10px;" +
      "font-weight:600;box-shadow:0 4px 16px rgba(0,0,0,.3);touch-action:none}" +
      ".b svg{width:22px;height:22px;fill:currentColor;flex:none}" +
      "button:focus-visible,input:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px #111}" +
      ".w{position:fixed;width:min(340px,calc(100vw - 24px));max-height:calc(100vh - 24px);overflow:auto;padding:20px;border-radius:14px;" +
      "background:#fff;color:#1a1a1a;box-shadow:0 8px 40px rgba(0,0,0,.35)}" +
      ".w[hidden]{display:none}h2{margin:0 36px 8px 0;font-size:19px;font-weight:700}p{margin:0 0 12px}" +
      ".x{position:absolute;top:10px;right:10px;width:36px;height:36px;border:0;border-radius:8px;background:none;color:#444;" +
      "font-size:22px;cursor:pointer}label{display:block;margin-bottom:4px}" +
      "input{width:100%;height:44px;padding:0 12px;border:1px solid #767676;border-radius:8px;background:#fff;color:#1a1a1a}" +
      ".g{width:100%;height:44px;margin-top:10px;border:0;border-radius:8px;background:" + color + ";color:" + ink(color) +
      ";font-weight:600;cursor:pointer}.g[disabled]{opacity:.6;cursor:default}.s:empty{display:none}.s{margin:12px 0 0;font-weight:600}");
    var button = make("button", root, { "class": "b", type: "button", "aria-expanded": "false", title: words.move });
    var icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20c0 .6-.4 1-1 1A17 17 0 0 1 3 4c0-.6.4-1 1-1h3.5c.6 0 1 .4 1 1 0 1.3.2 2.5.6 3.6.1.3 0 .7-.2 1z");
    icon.appendChild(path);
    button.appendChild(icon);
    make("span", button, {}, look.button || words.button);
    var offer = make("div", root, { "class": "w", role: "dialog", "aria-labelledby": "t", hidden: "" });
    make("h2", offer, { id: "t" }, look.button || words.button);
    var close = make("button", offer, { "class": "x", type: "button", "aria-label": words.close }, "×");
    var text = make("p", offer, {});
    var free = make("p", offer, {});
    var form = make("form", offer, { novalidate: "" });
    make("label", form, { "for": "n" }, words.number);
    var number = make("input", form, { id: "n", type: "tel", autocomplete: "tel", maxlength: "32", placeholder: "+7 916 123-45-67", required: "", "aria-describedby": "s" });
    var go = make("button", form, { "class": "g", type: "submit" });
    var said = make("p", offer, { "class": "s", id: "s", role: "status", "aria-live": "polite" });
    var under = false;

    function paint() {
      text.textContent = look.offers ? look.text || words.text : words.later;
      free.textContent = look.offers && look.free ? words.free(look.free) : "";
      free.style.display = free.textContent ? "" : "none";
      go.textContent = look.offers ? words.ask : words.leave;
    }

    /* Where it stands: the visitor's own place, else the corner; never outside of the page. */
    var at = (kept("localStorage", "callback-widget") || "").split(",").map(Number);
    function place() {
      var box = button.getBoundingClientRect();
      var wide = document.documentElement.clientWidth, high = window.innerHeight;
      var x = at.length === 2 && isFinite(at[0]) ? at[0] * wide : left ? 20 : wide - box.width - 20;
      var y = at.length === 2 && isFinite(at[1]) ? at[1] * high : top ? 20 : high - box.height - 20;
      x = Math.max(4, Math.min(x, wide - box.width - 4));
      y = Math.max(4, Math.min(y, high - box.height - 4));
      button.style.left = x + "px";
      button.style.top = y + "px";
      if (offer.hidden) return;
      var size = offer.getBoundingClientRect();
      offer.style.left = Math.max(12, Math.min(x, wide - size.width - 12)) + "px";
      offer.style.top = Math.max(12, y + box.height / 2 > high / 2 ? y - size.height - 10 : y + box.height + 10) + "px";
    }
    function move(x, y) {
      at = [x / document.documentElement.clientWidth, y / window.innerHeight];
      kept("localStorage", "callback-widget", at.join(","));
      place();
    }

    function open(byItself) {
      if (!offer.hidden) return;
      offer.hidden = false;
      button.setAttribute("aria-expanded", "true");
      paint();
      place();
      if (!byItself) number.focus();
      get("/settings?page=" + encodeURIComponent(page), function (now) {
        look.offers = now.offers;
        look.free = now.free;
        if (!under) paint();
        place();
      });
    }
    function shut() {
      offer.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.focus();
    }
    function say(words) {
      said.textContent = words;
      place();
    }

    function follow(id, until) {
      get("/callbacks/" + id, function (now) {
        var line = words[now.state];
        say(typeof line === "function" ? line(now.manager) : line);
        if (now.state === "nobody" && !look.offers) say(words.noted);
        if (OVER.indexOf(now.state) >= 0 || Date.now() > until) finished();
        else setTimeout(function () { follow(id, until); }, 1500);
      }, function () {
        if (Date.now() > until) finished();
        else setTimeout(function () { follow(id, until); }, 3000);
      });
    }
    function finished() {
      under = false;
      go.disabled = false;
      paint();
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var digits = number.value.replace(/\D/g, "");
      if (digits.length < 10) {
        number.setAttribute("aria-invalid", "true");
        say(words.bad);
        number.focus();
        return;
      }
      number.removeAttribute("aria-invalid");
      under = true;
      go.disabled = true;
      say(words.asked);
      send("POST", "/callbacks", { number: number.value, page: page }, function (taken) {
        follow(taken.callback, Date.now() + 3600000);
      }, function (told) {
        var why = { number: words.bad, pending: words.pending, address: words.often }[told.reason];
        if (told.reason === "number" && /three times/.test(told.detail || "")) why = words.often;
        say(why || words.failed);
        finished();
      });
    });
    close.addEventListener("click", shut);
    root.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && !offer.hidden) shut();
    });

    /* A press opens; a drag or an arrow key moves. */
    var from = null, dragged = false;
    button.addEventListener("pointerdown", function (event) {
      var box = button.getBoundingClientRect();
      from = { x: event.clientX - box.left, y: event.clientY - box.top, px: event.clientX, py: event.clientY };
      dragged = false;
      if (button.setPointerCapture) button.setPointerCapture(event.pointerId);
    });
    button.addEventListener("pointermove", function (event) {
      if (!from) return;
      if (Math.abs(event.clientX - from.px) + Math.abs(event.clientY - from.py) > 6) dragged = true;
      if (dragged) move(event.clientX - from.x, event.clientY - from.y);
    });
    button.addEventListener("pointerup", function () { from = null; });
    button.addEventListener("pointercancel", function () { from = null; });
    button.addEventListener("click", function () {
      if (dragged) { dragged = false; return; }
      if (offer.hidden) open(false); else shut();
    });
    button.addEventListener("keydown", function (event) {
      var step = { ArrowLeft: [-24, 0], ArrowRight: [24, 0], ArrowUp: [0, -24], ArrowDown: [0, 24] }[event.key];
      if (!step) return;
      event.preventDefault();
      var box = button.getBoundingClientRect();
      move(box.left + step[0], box.top + step[1]);
    });
    window.addEventListener("resize", place);

    /* It opens by itself at most once a visit. */
    function openOnce() {
      if (kept("sessionStorage", "callback-widget")) return;
      kept("sessionStorage", "callback-widget", "1");
      open(true);
    }
    if (look.exit_intent) {
      document.addEventListener("mouseout", function (event) {
        if (!event.relatedTarget && event.clientY <= 0) openOnce();
      });
    }
    if (look.open_after > 0) setTimeout(openOnce, look.open_after * 1000);
    document.body.appendChild(host);
    paint();
    place();
  }

  function begin() {
    get("/settings?page=" + encodeURIComponent(page), start);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
