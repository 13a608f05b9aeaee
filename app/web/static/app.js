// Saves typing and clicking; every page works without it.
(() => {
  "use strict";

  // A form is sent once: a second press while the first is under way changes nothing. After a while it may be sent
  // again, since an answer that is a file leaves the page standing.
  const PATIENCE = 8000;
  const release = (form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What fills a frame on the page may be pressed again and again.
    if (event.submitter && event.submitter.formTarget) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented || form.method === "dialog") return;
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    setTimeout(release, PATIENCE, form);
  });
  // The page came back from the browser's memory: its forms may be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // A list is sorted without leaving the page; the address follows, so that a reload shows the same.
  const showSorted = async (link) => {
    const answer = await fetch(link.href, { credentials: "same-origin" });
    const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!answer.ok || !main) throw new Error("no list there");
    const place = [...document.querySelectorAll("a[data-sort]")].indexOf(link);
    document.querySelector("main").replaceWith(document.adoptNode(main));
    window.history.replaceState(null, "", link.href);
    document.querySelectorAll("a[data-sort]")[place]?.focus({ preventScroll: true });
  };

  // A link to a confirming page opens that page's form as a dialog.
  const showConfirmation = async (link) => {
    const answer = await fetch(link.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form[data-confirmation]");
    if (!answer.ok || !form) throw new Error("no confirmation there");
    const dialog = document.createElement("dialog");
    const heading = form.querySelector("h1");
    const title = document.createElement("h2");
    title.id = "dialog-title";
    title.textContent = heading.textContent;
    heading.replaceWith(title);
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(document.adoptNode(form));
    form.querySelector(".keep").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.opens-dialog, a[data-sort]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const show = "sort" in link.dataset ? showSorted : showConfirmation;
    show(link).catch(() => window.location.assign(link.href));
  });

  // An open menu closes on Escape and on a click beside it.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    closeMenus();
    if (menu) menu.querySelector("summary").focus();
  });

  // A link into a closed part opens it first; so does an address that names one.
  const openTo = (hash) => {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
    }
  };
  window.addEventListener("hashchange", () => openTo(window.location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) openTo(link.hash);
  });
  openTo(window.location.hash);

  // What went wrong is read first.
  const wrong = document.querySelector("[data-focus]");
  if (wrong) wrong.focus();

  // What a rater types is kept while it is typed: with us, or on this device only where answers are anonymous.
  const keepDraft = (form, note) => {
    const place = form.dataset.draft;
    const store = `draft:${form.getAttribute("action")}`;
    const typed = () => [...new FormData(form)].filter(([name]) => !["view", "show", "go", "hints"].includes(name));
    const tell = (text) => {
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      note.textContent = text.replace("{time}", time);
    };
    const save = async () => {
      if (place === "device") {
        localStorage.setItem(store, JSON.stringify(typed()));
        return;
      }
      const body = new URLSearchParams(typed());
      const answer = await fetch(place, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
      if (!answer.ok) throw new Error(answer.status);
    };
    let waiting = 0;
    let last = JSON.stringify(typed());
    const saveSoon = (pause) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        const now = JSON.stringify(typed());
        if (now === last || form.dataset.sent) return;
        save().then(() => {
          last = now;
          tell(note.dataset.saved);
        }, () => {
          tell(note.dataset.waiting);
          saveSoon(10000);
        });
      }, pause);
    };
    if (place === "device") {
      try {
        for (const [name, value] of JSON.parse(localStorage.getItem(store)) || []) {
          for (const field of form.elements) {
            if (field.name !== name || field.type === "hidden") continue;
            if (field.type === "radio") field.checked = field.value === value;
            else field.value = field.value || value;
          }
        }
      } catch { localStorage.removeItem(store); }
    }
    note.hidden = false;
    form.addEventListener("input", () => saveSoon(1500));
    form.addEventListener("submit", () => clearTimeout(waiting));
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-go]");
      const next = button && document.getElementById(button.dataset.go);
      if (!next) return;
      event.preventDefault();
      saveSoon(0);
      next.open = true;
      button.closest("details").open = false;
      next.scrollIntoView();
      next.querySelector("summary").focus({ preventScroll: true });
    });
  };
  const drafted = document.querySelector("form[data-draft]");
  if (drafted) keepDraft(drafted, drafted.querySelector("[data-draft-note]"));
  // A question that only some are asked is shown once the answer before it asks for it, and said to who cannot see it.
  const conditional = [...document.querySelectorAll("[data-if]")];
  if (conditional.length) {
    const voice = document.createElement("p");
    voice.className = "hidden";
    voice.setAttribute("role", "status");
    document.body.append(voice);
    const judge = (isTold) => {
      voice.textContent = "";
      for (const part of conditional) {
        const answer = document.querySelector(`input[name="${CSS.escape(part.dataset.if)}"]:checked`);
        const before = answer && answer.closest("[data-if]");
        const isAsked = answer && !(before && before.hidden) && part.dataset.ifValues.split(" ").includes(answer.value);
        if (isTold && part.hidden && isAsked) voice.textContent = part.dataset.ifSaid;
        part.hidden = !isAsked;
      }
    };
    document.addEventListener("change", () => judge(true));
    judge(false);
  }
  // Once it is sent, nothing of it stays here.
  const sent = document.querySelector("[data-sent-form]");
  if (sent) localStorage.removeItem(`draft:${sent.dataset.sentForm}`);
})();
