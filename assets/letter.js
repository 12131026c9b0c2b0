// What the letter's page needs from the browser itself: printing, page images that could not be made, and the reply's
// form: characters left, chosen files, progress. Without it the form still works; the server decides everything.
(() => {
  "use strict";
  if (window.letterPageIsReady) return;
  window.letterPageIsReady = true;
  const byId = (id) => document.getElementById(id);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // ── a page image that could not be made says so; errors of images do not bubble, so they are caught on the way down ──
  const say = (image) => {
    image.hidden = true;
    image.nextElementSibling.hidden = false;
  };
  document.addEventListener("error", (event) => event.target.dataset?.pageImage && say(event.target), true);
  document.querySelectorAll("[data-page-image]").forEach((image) => {
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) say(image);
  });

  // ── the form that was just opened takes the focus ──
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#reply-write")) return;
    const end = Date.now() + 5000;
    const follow = () => {
      const field = byId("reply-text");
      if (field) field.focus();
      else if (Date.now() < end) setTimeout(follow, 50);
    };
    follow();
  });

  // ── characters: told from a share of the limit on ──
  const count = (field) => {
    const counter = byId("reply-count");
    const rules = byId("reply-form").dataset;
    const most = Number(rules.mostCharacters);
    const used = [...field.value].length;
    const over = used > most;
    const words = used < Number(rules.countedFrom) ? "" : (over ? counter.dataset.over : counter.dataset.left);
    counter.textContent = words.replace("%n%", Math.abs(most - used));
    counter.classList.toggle("field-error", over);
  };
  document.addEventListener("input", (event) => event.target.id === "reply-text" && count(event.target));

  // ── files: chosen in several goes, each with its size and a button to take it away ──
  const sizes = () => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const inWords = (bytes) => {
    const large = bytes >= 1_000_000;
    return `${sizes().format(bytes / (large ? 1_000_000 : 1000))}\u00a0${large ? "MB" : "kB"}`;
  };
  const isWrong = (file) => {
    const list = byId("reply-chosen").dataset;
    if (file.size === 0) return list.empty;
    return file.size > Number(byId("reply-form").dataset.mostBytes) ? list.tooLarge : "";
  };
  const part = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };
  const line = (file, position) => {
    const item = part("li", "document", "");
    const about = part("div", "document-about", "");
    const wrong = isWrong(file);
    about.append(part("span", "document-name", file.name), part("span", "muted", inWords(file.size)));
    if (wrong) about.append(part("span", "field-error", wrong));
    const button = part("button", "btn btn-line btn-sm", byId("reply-chosen").dataset.remove);
    button.type = "button";
    button.setAttribute("aria-label", `${button.textContent}: ${file.name}`);
    button.dataset.removes = position;
    item.append(about, button);
    return item;
  };
  let chosen = [];
  let holder = null;
  const hold = (files) => {
    chosen = files;
    const field = byId("reply-files");
    const carrier = new DataTransfer();
    files.forEach((file) => carrier.items.add(file));
    field.files = carrier.files;
    const list = byId("reply-chosen");
    list.replaceChildren(...files.map(line));
    list.hidden = files.length === 0;
    const wrong = byId("reply-files-wrong");
    const tooMany = files.length > Number(byId("reply-form").dataset.mostFiles);
    wrong.hidden = !tooMany;
    wrong.textContent = tooMany ? wrong.dataset.tooMany : "";
  };
  const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  document.addEventListener("change", (event) => {
    if (event.target.id !== "reply-files") return;
    // A form that was closed and opened again holds nothing of what was chosen before.
    if (event.target !== holder) chosen = [];
    holder = event.target;
    const more = [...event.target.files].filter((file) => !chosen.some((known) => isSame(known, file)));
    hold([...chosen, ...more]);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-removes]");
    if (!button) return;
    hold(chosen.filter((_, position) => position !== Number(button.dataset.removes)));
    byId("reply-files").focus();
  });

  // ── sending: with progress; what was refused stays in the form ──
  const tell = (text, share) => {
    byId("reply-progress").hidden = false;
    byId("reply-progress-words").textContent = text;
    byId("reply-progress-bar").hidden = share === null;
    byId("reply-progress-bar").value = share || 0;
  };
  const free = (form) => {
    delete form.dataset.sent;
    byId("reply-send").disabled = false;
  };
  const post = (form) => {
    const words = byId("reply-progress-words").dataset;
    const sending = new XMLHttpRequest();
    let told = -1;
    byId("reply-send").disabled = true;
    tell(words.sending.replace("%n%", 0), 0);
    sending.upload.onprogress = (event) => {
      const share = Math.round((100 * event.loaded) / event.total);
      byId("reply-progress-bar").value = share;
      // Screen readers hear every fifth of the way, not every packet.
      if (Math.floor(share / 20) === told) return;
      told = Math.floor(share / 20);
      tell(share < 100 ? words.sending.replace("%n%", share) : words.checking, share);
    };
    sending.onload = () => {
      const answer = sending.responseType === "json" ? sending.response : null;
      if (answer?.go) {
        location.assign(answer.go);
        return;
      }
      free(form);
      if (answer?.refused) {
        byId("reply-progress").hidden = true;
        byId("reply-refused").click();
      } else {
        tell(words.brokenOff, null);
      }
    };
    sending.onerror = sending.onabort = () => {
      free(form);
      tell(words.brokenOff, null);
    };
    sending.open("POST", form.action);
    sending.responseType = "json";
    sending.setRequestHeader("accept", "application/json");
    sending.send(new FormData(form));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "reply-form" || event.defaultPrevented) return;
    event.preventDefault();
    const stuck = byId("reply-chosen").querySelector(".field-error") || !byId("reply-files-wrong").hidden;
    if (stuck) {
      free(form);
      byId("reply-files").focus();
      return;
    }
    post(form);
  });
})();
