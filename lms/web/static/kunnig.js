/*
  Progressive enhancement: every page works without this file. What it does is asked for by data attributes; what only it
  can do (data-print, data-share, data-copy, data-reveal, data-close, data-script) the stylesheet hides until html has class "js":
    data-sheet          feedback after an answer: its heading gets focus; [data-continue] (a link to "#id") first hides that next
                        question, then shows it and hides the sheet and [data-answered]. The next question may carry
                        data-step="3", data-step-text="3 of 10" and data-title="Question 3 of 10" for the bar and the title.
    data-order          list whose arrow buttons (value "x:up", "x:down") move rows; data-moved = words with {text} and {place}
    data-autosubmit     form that is sent when a field changes
    data-toast          message that closes after 20 s (not while it has focus or the pointer); [data-close] closes it
    data-busy="Saving …" on a button: its words while the form is sent; a form is never sent twice
    data-count="people" on a button: its words follow how many boxes of that name are ticked, from data-one and data-many ({num})
    data-print          button that prints the page
    data-poll="url"     asks every 1.5 s until 200, then goes to data-goto or the url
    data-share="url"    button that shares; hidden when the browser cannot
    data-copy="text"    button that copies it, and then says data-done, or data-failed
    data-reveal="id"    button that shows and hides the password in that field
    data-mixed          checkbox shown as partly chosen
    data-keep="id"      quiz form: what is chosen stays on the phone under this id until the server has answered, and is sent
                        when the network is back; [data-kept] in the form shows data-saved or data-unsent of the form
    data-spots          places on a picture ([data-spot="b"]): each ticks the choice of that value in the list of its form
    data-again          form on the page that says the server could not save it: what is kept on the phone stays
*/
const root = document.documentElement;
const all = (selector, within = document) => within.querySelectorAll(selector);
const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });
root.classList.add("js");
const live = document.body.appendChild(Object.assign(document.createElement("div"), { className: "vh" }));
live.setAttribute("role", "status");

/* Feedback sheet */
for (const sheet of all("[data-sheet]")) {
  const go = sheet.querySelector("[data-continue]");
  const next = go?.hash && document.querySelector(go.hash);
  if (next) {
    next.hidden = true;
    go.addEventListener("click", (event) => {
      event.preventDefault();
      for (const old of [sheet, ...all("[data-answered]")]) old.hidden = true;
      for (const each of all("[formaction]")) each.removeAttribute("formaction"); // another language: of the question alone
      next.hidden = false;
      const { step, stepText, title } = next.dataset;
      const bar = document.querySelector(".bar progress");
      if (bar && step) {
        bar.value = step;
        bar.setAttribute("aria-label", stepText);
        bar.parentElement.nextElementSibling.textContent = stepText;
      }
      if (title) document.title = `${title} – Kunnig`;
      const heading = next.querySelector("h1, h2, legend") ?? next;
      heading.tabIndex = -1;
      heading.focus();
      scrollTo(0, 0);
    });
  }
  sheet.querySelector("h2").focus({ preventScroll: true });
}
if (!document.querySelector("[data-sheet]"))
  (document.querySelector(".err-sum") ?? document.querySelector("[aria-invalid]"))?.focus();

/* Ordering with buttons */
on("click", "[data-order] button", (button, event) => {
  event.preventDefault();
  const row = button.closest("li");
  const other = button.value.endsWith(":up") ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (button.value.endsWith(":up")) other.before(row);
  else other.after(row);
  const list = row.parentElement;
  const visible = [button, ...all("button", row)].find((each) => getComputedStyle(each).visibility === "visible");
  visible.focus();
  live.textContent = list.dataset.moved
    .replace("{text}", row.querySelector(".g").textContent.trim())
    .replace("{place}", [...list.children].indexOf(row) + 1);
  list.dispatchEvent(new Event("change", { bubbles: true }));
});

/* Forms: send once, say so, send at a change */
on("change", "form[data-autosubmit]", (form) => form.requestSubmit());
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method === "post") form.dataset.sent = "1";
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  (button.querySelector("span") ?? button).textContent = live.textContent = button.dataset.busy;
});
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-sent]")) location.reload();
});

/* Buttons that say how many are ticked */
for (const button of all("[data-count]")) {
  const words = button.textContent;
  const say = () => {
    const count = all(`input[name="${button.dataset.count}"]:checked`, button.form).length;
    const text = count === 1 ? button.dataset.one : count ? button.dataset.many : words;
    button.textContent = text.replace("{num}", count);
  };
  button.form.addEventListener("change", say);
  say();
}

/* Toasts */
for (const toast of all("[data-toast]")) {
  const close = () => toast.remove();
  const tick = () => (toast.matches(":hover, :focus-within") ? setTimeout(tick, 5000) : close());
  setTimeout(tick, 20000);
  toast.querySelector("[data-close]").addEventListener("click", close);
}

/* Print, share, password, partly chosen */
on("click", "[data-print]", () => print());
on("click", "[data-share]", (button) =>
  navigator.share({ title: document.title, url: new URL(button.dataset.share, location).href }).catch(() => {}),
);
for (const button of all("[data-share]")) button.hidden = !navigator.share;
on("click", "[data-copy]", async (button) => {
  const { copy, done, failed } = button.dataset;
  const said = await navigator.clipboard.writeText(copy).then(() => done, () => failed);
  button.querySelector("span").textContent = live.textContent = said;
});
for (const button of all("[data-copy]")) button.hidden = !navigator.clipboard;
for (const button of all("[data-print], [data-reveal]")) button.hidden = false;
on("click", "[data-reveal]", (button) => {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
});
for (const box of all("[data-mixed]")) box.indeterminate = true;

/* Waiting for a file */
for (const place of all("[data-poll]")) {
  const ask = async () => {
    const answer = await fetch(place.dataset.poll, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.status === 200) location.assign(place.dataset.goto ?? place.dataset.poll);
    else setTimeout(ask, 1500);
  };
  setTimeout(ask, 1500);
}

/* Answers that survive a lost network or a reload */
const forms = [...all("form[data-keep]")];
const keeps = !("shared" in root.dataset); // on a device that several people share nothing stays
const keyed = (form) => `keep:${form.dataset.keep}`;
for (const key of Object.keys(localStorage)) {
  // the page in the place of one that did not come: nothing of it has been sent
  if (key.startsWith("keep:") && document.querySelector("[data-not-there]"))
    localStorage[key] = localStorage[key].replace(/^sent/, "kept");
  const sent = key.startsWith("keep:") && localStorage[key].startsWith("sent");
  if (sent && !forms.some((form) => keyed(form) === key) && !document.querySelector("[data-again]"))
    localStorage.removeItem(key);
}
for (const form of forms) {
  const say = (word) => all("[data-kept]", form).forEach((place) => (place.textContent = form.dataset[word] ?? ""));
  const save = (state) => {
    if (!keeps) return;
    const pairs = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
    localStorage[keyed(form)] = state + JSON.stringify(pairs);
  };
  const kept = localStorage[keyed(form)];
  if (kept) {
    for (const [name, value] of JSON.parse(kept.slice(4))) {
      const row = form.querySelector(`[data-order] input[value="${CSS.escape(value)}"]`)?.closest("li");
      row?.parentElement.append(row);
      for (const field of form.elements) {
        if (field.name !== name) continue;
        if (/radio|checkbox/.test(field.type)) field.checked ||= field.value === value;
        else if (field.type !== "hidden") field.value = value;
      }
    }
    if (kept.startsWith("sent")) say("unsent");
  }
  form.addEventListener("change", () => save("kept"));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "to") return; // another language: no answer yet
    save(navigator.onLine ? "sent" : "kept");
    const attempt = form.elements.attempt?.value ?? root.dataset.courseKept;
    if (navigator.onLine || (attempt && attempt === root.dataset.courseKept)) return; // what is kept goes on without network
    event.preventDefault();
    say(keeps ? "saved" : "unsent");
    addEventListener("online", () => form.requestSubmit(), { once: true });
  });
}

/* Places on a picture: each stands for a choice in the list, and shows whether that is ticked */
for (const picture of all("[data-spots]")) {
  const form = picture.closest("form");
  const choice = (place) => form.querySelector(`input[name=answer][value="${place.dataset.spot}"]`);
  const say = () => {
    for (const place of all("[data-spot]", picture)) place.setAttribute("aria-pressed", choice(place).checked);
  };
  const take = (place) => {
    choice(place).checked = true;
    choice(place).dispatchEvent(new Event("change", { bubbles: true }));
  };
  picture.removeAttribute("aria-hidden");
  for (const place of all("[data-spot]", picture)) {
    const label = choice(place).closest("label").textContent.trim();
    for (const [name, value] of [["role", "button"], ["tabindex", "0"], ["aria-label", label]])
      place.setAttribute(name, value);
    place.addEventListener("click", () => take(place));
    place.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      take(place);
    });
  }
  form.addEventListener("change", say);
  say();
}
