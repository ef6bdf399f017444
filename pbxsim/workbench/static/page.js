// What every page of the workbench does by itself: it follows the server, asks before unsaved work is left, remembers
// theme and language, and says that work was recovered. It runs before anything is drawn and knows nothing of Panel;
// the page tells it what it needs through `window.pbxPage.told(...)` and the attributes of its own script element.
(() => {
  const own = document.currentScript;
  const words = JSON.parse(own.dataset.words);
  const boot = own.dataset.boot;
  const ASK_EVERY_MS = 1000;
  const BUSY_MS = 20000; // a server that opens pages for others is slow, not gone
  const YEAR_S = 31536000;
  const RECOVERED_MS = 9000;
  const state = { unsaved: false, leaving: false, lost: false, told: false };

  // --- theme and language ------------------------------------------------------------------------------------------
  const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const remember = (name, value) => {
    document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_S}; samesite=lax`;
  };
  // What an address asks for counts from now on, also when the next page is opened before this one is drawn.
  for (const [name, known] of [["lang", ["en", "ru"]], ["theme", ["light", "dark"]]]) {
    const asked = new URLSearchParams(window.location.search).get(name);
    if (known.includes(asked)) remember(`pbx-${name}`, asked);
  }
  const scheme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  if (cookie("pbx-scheme") !== scheme) {
    remember("pbx-scheme", scheme);
    // The server could not know it: the page comes again before it is drawn.
    if (own.dataset.chosen === "no" && own.dataset.theme !== scheme && cookie("pbx-scheme") === scheme) {
      document.documentElement.style.visibility = "hidden";
      window.location.reload();
    }
  }

  // --- modules -----------------------------------------------------------------------------------------------------
  // Panel asks for them under the name of a library that reads every module again to follow import maps. Our components
  // are whole bundles that import nothing by name, and every browser of today imports them itself.
  const bring = (address) => import(new URL(address, document.baseURI).href);
  bring.addImportMap = () => {};
  window.importShim = bring;

  // --- sentences over the page -------------------------------------------------------------------------------------
  const bar = document.createElement("div");
  bar.className = "wb-told";
  bar.setAttribute("role", "status");
  const say = (text, kind, gone) => {
    if (!bar.isConnected) (document.body || document.documentElement).append(bar);
    bar.className = `wb-told is-${kind}`;
    bar.textContent = text;
    clearTimeout(say.timer);
    if (gone) say.timer = setTimeout(hide, gone);
  };
  const hide = () => {
    bar.className = "wb-told";
    bar.textContent = "";
  };

  // --- the server --------------------------------------------------------------------------------------------------
  const again = () => {
    state.leaving = true;
    window.location.reload();
  };
  const cut = () => {
    if (state.leaving) return;
    state.lost = true;
    say(words.lost, "lost");
  };
  const ask = async () => {
    let alive = null;
    let slow = false;
    try {
      const answer = await fetch("alive", { cache: "no-store", signal: AbortSignal.timeout(BUSY_MS) });
      if (answer.ok) alive = (await answer.text()).trim();
    } catch (error) {
      slow = error.name === "TimeoutError";
    }
    if (slow && !state.lost) say(words.lost, "lost"); // it answers late: what stands on the page goes on afterwards
    else if (alive === null) cut();
    else if (alive !== boot || state.lost) {
      cut();
      again();
      return;
    } else if (bar.classList.contains("is-lost")) hide();
    setTimeout(ask, ASK_EVERY_MS);
  };
  setTimeout(ask, ASK_EVERY_MS);
  const watch = () => {
    const open = window.Bokeh?.documents || [];
    if (!open.length) {
      setTimeout(watch, ASK_EVERY_MS / 2);
      return;
    }
    for (const one of open) {
      one.config.notify_connection_status = false; // the bar says it, in the page's language
      one.config.reconnect_session = false;
      one.on_event("connection_lost", cut);
    }
  };
  watch();

  // --- leaving -----------------------------------------------------------------------------------------------------
  const leave = () => {
    state.leaving = true;
    setTimeout(() => {
      state.leaving = false;
    }, 5000);
  };
  const phone = (link) => {
    // One phone in a window of its own: a call that goes on there is not cut by another click.
    const opened = window.open("", "pbx-phone", "popup,width=420,height=820");
    if (!opened) return false;
    const wanted = new URL(link.href);
    const there = new URL(opened.location.href);
    if (there.pathname !== wanted.pathname || there.searchParams.get("pbx") !== wanted.searchParams.get("pbx"))
      opened.location.assign(wanted.href);
    else {
      const asked = Object.fromEntries(["as", "to", "caller"].map((name) => [name, wanted.searchParams.get(name)]));
      if (asked.to) opened.postMessage({ type: "pbx-phone", ...asked }, window.location.origin);
    }
    opened.focus();
    return true;
  };
  window.addEventListener(
    "click",
    (event) => {
      const link = event.composedPath().find((item) => item.tagName === "A" && item.href);
      if (link && "phone" in link.dataset) {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey && phone(link)) event.preventDefault();
        return;
      }
      // Our own pages take the work along; what opens beside this page leaves it where it is.
      const asked = link && new URL(link.href).searchParams;
      if (asked && (asked.has("draft") || asked.has("pbx")) && !event.ctrlKey && !event.metaKey) leave();
    },
    true,
  );
  window.addEventListener("beforeunload", (event) => {
    if (state.unsaved && !state.leaving) {
      event.preventDefault();
      event.returnValue = words.leave;
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) again(); // shown from the browser's memory: its session is gone
  });

  // --- fields with a list ------------------------------------------------------------------------------------------
  // What is shown there is what counts: on Tab as on Enter, and Enter on a marked line means that line alone.
  // Focus moves between shadow roots unseen from here; what is typed, pressed and clicked is seen.
  let typed = null;
  const listed = (event) => {
    const at = event.composedPath()[0];
    return at?.matches?.(".MuiAutocomplete-root input[role=combobox]") ? at : null;
  };
  const left = () =>
    setTimeout(() => {
      if (!typed?.isConnected || typed.getRootNode().activeElement === typed) return;
      typed.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
      typed = null;
    }, 50); // once the list is closed
  const seen = (name, heard) => window.addEventListener(name, heard, true);
  seen("input", (event) => {
    typed = listed(event) || typed;
  });
  seen("pointerdown", (event) => {
    if (typed && event.composedPath().includes(typed.getRootNode())) return; // a line of its list
    left();
  });
  // A line that was chosen goes from its list, and the focus with it: the list would not hear Escape any more.
  const backdrop = (root) => {
    const here = root.querySelector(".MuiMenu-root:not(.MuiModal-hidden) > .MuiBackdrop-root");
    if (here) return here;
    for (const one of root.querySelectorAll("*")) {
      const inner = one.shadowRoot && backdrop(one.shadowRoot);
      if (inner) return inner;
    }
    return null;
  };
  seen("keydown", (event) => {
    if (event.key === "Escape" && !event.composedPath().some((one) => one.classList?.contains("MuiMenu-root"))) {
      const behind = backdrop(document);
      if (behind) {
        event.stopImmediatePropagation();
        behind.click();
      }
      return;
    }
    if (event.key === "Tab") left();
    const field = event.key === "Enter" && event.isTrusted ? listed(event) : null;
    if (!field) return;
    typed = null;
    const marked = field.getAttribute("aria-activedescendant");
    const line = marked && (field.getRootNode().getElementById(marked) || document.getElementById(marked));
    if (!line) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    line.click();
  });

  // --- what opens over the page ------------------------------------------------------------------------------------
  // A list of links in the head: Escape, a press beside it and leaving it by Tab close it, as they close every other list.
  let menu = null;
  const shut = () => {
    menu.open = false;
    menu = null;
  };
  seen("click", (event) => {
    menu = event.composedPath().find((one) => one.matches?.("details.menu")) || menu;
  });
  seen("pointerdown", (event) => {
    if (menu && !event.composedPath().includes(menu)) shut();
  });
  seen("keydown", (event) => {
    if (!menu?.open) return;
    if (event.key === "Escape") {
      event.stopImmediatePropagation();
      menu.querySelector("summary").focus();
      shut();
    } else if (event.key === "Tab")
      setTimeout(() => {
        if (menu && !menu.contains(menu.getRootNode().activeElement)) shut();
      });
  });

  window.pbxPage = {
    told(now) {
      state.unsaved = now.unsaved;
      const address = new URL(window.location.href);
      for (const [name, value] of Object.entries(now.address)) address.searchParams.set(name, value);
      if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address);
      for (const [name, value] of Object.entries(now.cookies)) if (cookie(name) !== value) remember(name, value);
      if (now.go) {
        leave();
        window.location.assign(now.go);
        return;
      }
      if (state.told) return;
      state.told = true;
      const [way] = performance.getEntriesByType("navigation");
      if (now.unsaved && (now.recovered || ["reload", "back_forward"].includes(way?.type)))
        say(words.recovered, "recovered", RECOVERED_MS);
    },
  };
})();
