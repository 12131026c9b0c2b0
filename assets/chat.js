// What the chat needs from the browser itself: sending without leaving the page, again after a lost connection but never
// twice, keeping what was typed, and staying at the end of the thread. The server decides everything.
(() => {
  "use strict";
  if (window.chatIsReady) return;
  window.chatIsReady = true;
  const KEPT = "chat-draft";
  const PATIENCE_MS = 15_000;
  const AGAIN_MS = 3_000;
  const byId = (id) => document.getElementById(id);

  // ── the draft: kept in this tab until it is sent; signing out clears it ──
  const read = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) || {};
    } catch {
      return {};
    }
  };
  const keep = (text, nonce) => {
    try {
      if (text) sessionStorage.setItem(KEPT, JSON.stringify({ text, nonce }));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // A browser that keeps nothing still sends.
    }
  };
  const newNonce = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const say = (what, words) => {
    const status = byId("chat-status");
    if (!status) return;
    status.textContent = words || status.dataset[what] || "";
    status.dataset.state = what;
    status.classList.toggle("field-error", what === "refused" || what === "signedOut" || what === "failed");
  };

  // ── sending ──
  let busy = false;
  let again = 0;
  const free = () => {
    busy = false;
    clearTimeout(again);
    const field = byId("chat-text");
    if (field) field.readOnly = false;
  };
  const sent = () => {
    free();
    keep("", "");
    const field = byId("chat-text");
    if (!field) return;
    field.value = "";
    byId("chat-nonce").value = "";
    say("sent");
    byId("chat-refresh").click();
  };
  const refused = (what, words) => {
    free();
    say(what, words);
    byId("chat-text")?.focus();
  };
  const tryOnce = async (form, text, nonce) => {
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams({ text, nonce }),
        headers: { accept: "application/json" },
        signal: stop.signal,
      });
      if (answer.redirected) return refused("signedOut");
      const told = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : {};
      if (answer.ok && told.sent) return sent();
      if (answer.status < 500) return refused(told.refused ? "refused" : "failed", told.refused);
    } catch {
      // No answer came: the message may have arrived or not, and the nonce makes sure that it counts once.
    } finally {
      clearTimeout(patience);
    }
    say("waiting");
    again = setTimeout(() => post(form), AGAIN_MS);
  };
  const post = (form) => {
    clearTimeout(again);
    const field = byId("chat-text");
    if (!field || !field.value.trim()) {
      free();
      field?.focus();
      return;
    }
    busy = true;
    field.readOnly = true;
    const nonce = byId("chat-nonce").value || newNonce();
    byId("chat-nonce").value = nonce;
    keep(field.value, nonce);
    if (byId("chat-status").dataset.state !== "waiting") say("sending");
    void tryOnce(form, field.value, nonce);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "chat-form") return;
    event.preventDefault();
    // Messages may follow each other quickly; what must not be sent twice is known by its nonce.
    delete form.dataset.sent;
    if (!busy) post(form);
  });
  addEventListener("online", () => {
    if (busy && byId("chat-form")) post(byId("chat-form"));
    else byId("chat-refresh")?.click();
  });
  // Somebody's duty ends by the clock: a chat that is looked at asks now and then who is there.
  const askWhoIsThere = () => {
    if (!document.hidden) byId("chat-refresh")?.click();
  };
  document.addEventListener("visibilitychange", askWhoIsThere);
  setInterval(askWhoIsThere, 60_000);

  // ── typing: Enter sends where there is a real keyboard, Shift and Enter begins a line ──
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "chat-text" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!matchMedia("(hover: hover) and (pointer: fine)").matches) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "chat-text") return;
    // Other words are another message.
    byId("chat-nonce").value = "";
    keep(event.target.value, "");
    if (byId("chat-status").textContent) say("");
  });

  // ── the thread: its end stays in sight, unless somebody reads further up ──
  let log = null;
  let atEnd = true;
  const toEnd = () => log && atEnd && (log.scrollTop = log.scrollHeight);
  const growth = new MutationObserver(toEnd);
  addEventListener("resize", toEnd);
  const follow = () => {
    const field = byId("chat-text");
    if (field && !field.dataset.restored) {
      field.dataset.restored = "yes";
      const draft = read();
      if (draft.text && !field.value) {
        field.value = draft.text;
        byId("chat-nonce").value = draft.nonce || "";
      }
    }
    const found = byId("chat-log");
    if (found === log) return;
    log = found;
    if (!log) return;
    atEnd = true;
    log.addEventListener("scroll", () => (atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40));
    growth.disconnect();
    growth.observe(log, { childList: true, subtree: true });
    toEnd();
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#chat-earlier") || !log) return;
    // Older messages are nothing new: nobody wants them read out, and what is being read stays in its place.
    const fromEnd = log.scrollHeight - log.scrollTop;
    log.setAttribute("aria-live", "off");
    atEnd = false;
    const stay = new MutationObserver(() => (log.scrollTop = log.scrollHeight - fromEnd));
    stay.observe(log, { childList: true });
    setTimeout(() => {
      stay.disconnect();
      log?.removeAttribute("aria-live");
    }, 3000);
  });
  new MutationObserver(follow).observe(document.documentElement, { subtree: true, childList: true });
  follow();
})();
