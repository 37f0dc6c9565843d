/*
  On a device that several people share: unused for a while it locks, and says so half a minute before. Any touch goes on, and
  the server is told. Loaded on pages of somebody's turn only, where form[data-lock] gives the seconds and [data-stay] the address.
*/
const form = document.querySelector("[data-lock]");
const note = form.querySelector("[data-lock-note]");
const idle = Number(form.dataset.lock) * 1000;
const WARN = 30_000;
const TELL = 10_000; // as often as the server writes it down
let last = Date.now();
let told = last;

const lock = () => {
  document.body.replaceChildren(form); // nothing stays on the screen, whatever becomes of the request
  form.submit();
};
const look = () => {
  const unused = Date.now() - last;
  if (unused >= idle) lock();
  else if (unused >= idle - WARN) note.textContent ||= note.dataset.words;
};
const touched = () => {
  const now = Date.now();
  if (now - last >= idle) return lock(); // the device has slept meanwhile
  last = now;
  note.textContent = "";
  if (now - told < TELL) return;
  told = now;
  fetch(form.dataset.stay, { method: "POST", body: new FormData(form), redirect: "manual" }).then(
    (answer) => (answer.type === "opaqueredirect" || answer.status === 404) && lock(),
    () => {},
  );
};
for (const type of ["pointerdown", "keydown", "input", "scroll"])
  addEventListener(type, touched, { passive: true, capture: true });
for (const type of ["pageshow", "focus"]) addEventListener(type, look);
document.addEventListener("visibilitychange", look);
setInterval(look, 1000);
