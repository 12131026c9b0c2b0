// What every page needs from the browser itself: language, focus after navigation, the end of a sign-in, lost
// connections, shown passwords. Everything here is a courtesy; the server decides.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // ── language: the document says the language that the page is shown in ──
  const followLanguage = () => {
    const shell = document.querySelector("[data-language]");
    const root = document.documentElement;
    if (shell && shell.dataset.language === "en") root.classList.remove("becoming-english");
    if (root.classList.contains("becoming-english")) return;
    if (shell && document.documentElement.lang !== shell.dataset.language) {
      document.documentElement.lang = shell.dataset.language;
    }
  };

  // Better the other language than an empty page, should the page not come alive.
  setTimeout(() => document.documentElement.classList.remove("becoming-english"), 5000);

  // ── the menu closes on the way to another page, on Escape, and when somebody goes on elsewhere ──
  const openMenus = () => document.querySelectorAll("details.menu-opens[open]");
  const closeMenus = () => openMenus().forEach((menu) => (menu.open = false));
  document.addEventListener("click", (event) => event.target.closest("details.menu-opens") || closeMenus());
  document.addEventListener("keydown", (event) => {
    const menu = openMenus()[0];
    if (event.key !== "Escape" || !menu) return;
    closeMenus();
    menu.querySelector("summary").focus();
  });

  // ── focus: a new page without a new document moves focus to its heading ──
  let place = location.pathname;
  let headingBefore = null;
  let leftAt = 0;
  const followNavigation = () => {
    const heading = byId("title");
    if (location.pathname === place) {
      headingBefore = heading;
      leftAt = 0;
      return;
    }
    leftAt = leftAt || Date.now();
    // The address changes a moment before the page does; a page of the same kind keeps its heading's element.
    if (!heading || (heading === headingBefore && Date.now() - leftAt < 300)) {
      setTimeout(followNavigation, 50);
      return;
    }
    place = location.pathname;
    closeMenus();
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };

  // ── the clock of the sign-in: warn before it runs out, and leave when it has ──
  let endsAt = 0;
  let warnAt = 0;
  let wound = "";
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("sign-in") : null;
  const wind = (left, warn) => {
    endsAt = Date.now() + left * 1000;
    warnAt = endsAt - warn * 1000;
    const warning = byId("idle-warning");
    if (warning && warning.open) warning.close();
  };
  const followClock = () => {
    const clock = byId("sign-in-clock");
    if (!clock) return;
    const now = [clock.dataset.left, clock.dataset.warn, clock.dataset.acts].join(" ");
    if (now === wound) return;
    wound = now;
    const left = Number(clock.dataset.left);
    if (!left) return;
    wind(left, Number(clock.dataset.warn));
    if (tabs) tabs.postMessage({ left, warn: Number(clock.dataset.warn) });
  };
  if (tabs) tabs.onmessage = (message) => endsAt && wind(message.data.left, message.data.warn);
  setInterval(() => {
    if (!endsAt) return;
    const now = Date.now();
    const warning = byId("idle-warning");
    if (now >= endsAt + 1500) {
      endsAt = 0;
      location.reload();
    } else if (now >= warnAt && warning && !warning.open) {
      warning.showModal();
    }
  }, 500);

  // ── a page that the browser kept must not show letters after the sign-in has ended ──
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  // ── lost connection: what was typed stays, and the page says so ──
  const followConnection = () => {
    const bar = byId("offline");
    if (bar) bar.hidden = navigator.onLine || byId("connection-lost") !== null;
  };
  addEventListener("offline", followConnection);
  addEventListener("online", followConnection);

  // ── shown passwords: never sent in the shown form, so that browsers do not remember it as plain text ──
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-shows]");
    if (!button) return;
    const field = byId(button.dataset.shows);
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });
  document.addEventListener(
    "submit",
    (event) => {
      event.target.querySelectorAll("[data-shows]").forEach((button) => {
        byId(button.dataset.shows).type = "password";
        button.setAttribute("aria-pressed", "false");
      });
      // A second press while the answer is on its way must not send the form twice; downloads may begin again.
      if (event.target.dataset.sent) event.preventDefault();
      else if (event.target.method === "post" && !event.target.target && !event.defaultPrevented) {
        event.target.dataset.sent = "yes";
        setTimeout(() => delete event.target.dataset.sent, 4000);
      }
    },
    true,
  );

  // ── the live list of password rules; two of them only the server can judge ──
  const count = (text, pattern) => (text.match(pattern) || []).length;
  const JUDGES = {
    length: (text, n) => Array.from(text).length >= n.shortest && (!n.longest || Array.from(text).length <= n.longest),
    lower: (text, n) => count(text, /[a-z]/g) >= n.lower,
    upper: (text, n) => count(text, /[A-Z]/g) >= n.upper,
    digits: (text, n) => count(text, /[0-9]/g) >= n.digits,
    special: (text, n) => count(text, /[\p{P}\p{S}]/gu) >= n.special,
    alphabet: (text, n) => text !== "" && (!n.letters_and_digits_only || /^[A-Za-z0-9]*$/.test(text)),
  };
  let summaryTimer = 0;
  document.addEventListener("input", (event) => {
    const list = document.querySelector(`[data-checks="${event.target.id}"]`);
    if (!event.target.id || !list) return;
    const numbers = JSON.parse(list.dataset.numbers);
    const text = event.target.value.normalize("NFKC");
    const missing = [];
    let judged = 0;
    list.querySelectorAll("[data-rule]").forEach((line) => {
      const judge = JUDGES[line.dataset.rule];
      if (!judge) return;
      judged += 1;
      const met = judge(text, numbers);
      line.dataset.state = met ? "met" : "open";
      line.querySelector(".rule-state").textContent = ` – ${met ? list.dataset.met : list.dataset.missing}`;
      if (!met) missing.push(line.querySelector(".rule-words").textContent);
    });
    clearTimeout(summaryTimer);
    summaryTimer = setTimeout(() => {
      const summary = byId(`${event.target.id}-summary`);
      summary.textContent = summary.dataset.text
        .replace("%met%", judged - missing.length)
        .replace("%all%", judged)
        .replace("%missing%", missing.join("; ") || "–");
    }, 600);
  });

  // ── Ctrl+Z takes the last deletion back, unless somebody is typing ──
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    const undo = document.querySelector("[data-undo]");
    if (!undo || typing || event.shiftKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    undo.click();
  });

  // ── what went wrong takes the focus when it appears ──
  let focused = null;
  const followErrors = () => {
    const summary = document.querySelector("[data-take-focus]");
    if (summary && summary !== focused) summary.focus();
    focused = summary;
  };

  // ── the framework's one English sentence, shown when a page is older than the server ──
  const followNewVersion = () => {
    const banner = byId("reflex-new-version-banner");
    const words = byId("new-version-words");
    if (!banner || !words || banner.dataset.said) return;
    banner.dataset.said = "yes";
    banner.firstChild.textContent = words.dataset.text;
    banner.querySelector("button").textContent = words.dataset.button;
  };

  // ── boxes, lists and fields show a press at once, and the server's word when it has come ──
  new MutationObserver((changes) => {
    changes.forEach(({ target }) => {
      if ("checked" in target.dataset) target.checked = target.dataset.checked === "yes";
      else if (target.value !== target.dataset.value) target.value = target.dataset.value;
    });
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["data-checked", "data-value"] });

  const follow = () => {
    followLanguage();
    followNewVersion();
    followErrors();
    followNavigation();
    followClock();
    followConnection();
  };
  new MutationObserver(follow).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-language", "data-left", "data-acts"],
  });
  follow();
})();
