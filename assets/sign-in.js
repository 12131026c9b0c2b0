// Courtesies around a sign-in: the seconds of a wait, the length of an initial password, characters that cannot be used.
// Every sentence and number comes with the page; nothing typed leaves it here.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // ── a wait: the button sleeps, and the seconds count down beside it ──
  const waits = new Map();
  const sleep = (words) => {
    const until = Date.now() + Number(words.dataset.seconds) * 1000;
    const tick = () => {
      const button = byId(words.dataset.waits);
      const left = Math.ceil((until - Date.now()) / 1000);
      if (button) button.disabled = left > 0;
      words.textContent = left > 0 ? `${words.dataset.text} ${left}` : "";
      if (left > 0 && words.isConnected) waits.set(words, setTimeout(tick, 250));
    };
    clearTimeout(waits.get(words));
    tick();
  };
  const follow = () => {
    document.querySelectorAll("[data-waits]").forEach((words) => {
      if (words.dataset.seen === words.dataset.seconds) return;
      words.dataset.seen = words.dataset.seconds;
      sleep(words);
    });
  };

  // ── what is typed: how long it is, and what in it cannot be used ──
  let timer = 0;
  const later = (words, text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (words.textContent = text), 400);
  };
  document.addEventListener("input", (event) => {
    const id = event.target.id;
    if (!id) return;
    const counter = document.querySelector(`[data-counts="${id}"]`);
    if (counter) {
      const typed = event.target.value.trim();
      const count = counter.dataset.text.replace("%n%", Array.from(typed).length);
      later(counter, typed === event.target.value ? count : `${count}. ${counter.dataset.trimmed}`);
    }
    const forbidden = document.querySelector(`[data-forbidden="${id}"]`);
    const list = document.querySelector(`[data-checks="${id}"]`);
    if (forbidden && list && JSON.parse(list.dataset.numbers).letters_and_digits_only) {
      const found = [...new Set(Array.from(event.target.value.normalize("NFKC")).filter((c) => !/[A-Za-z0-9]/.test(c)))];
      const named = found.map((c) => (document.documentElement.lang === "en" ? `“${c}”` : `„${c}”`)).join(", ");
      later(forbidden, found.length ? forbidden.dataset.text.replace("%c%", named) : "");
    }
  });

  new MutationObserver(follow).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-seconds"],
  });
  follow();
})();
