/*
  On every page of somebody's own phone, from the second on: what was done without network is sent, kept courses are
  brought up to date on Wi-Fi, and the page says where things are. What it does is asked for by data attributes:
    data-phone="course"   place for the chip that says that a course is on the phone, or what is not sent of its test
    data-standing="id"    where the answers of a test are; moves on by itself until it is graded
    data-wallet="number"  certificate that is carried along, with its files; [data-wallet-saved] says that all are
    data-kept-courses     list of the courses on the phone, for the page that is shown without network
*/
import { keep, newer } from "./keeping.js";
import { send, state } from "./sending.js";
import * as store from "./store.js";

let timer;
const AGAIN = 20_000; // ms
const root = document.documentElement;
const all = (selector, within = document) => within.querySelectorAll(selector);

const online = () => root.classList.toggle("offline", !navigator.onLine);
addEventListener("online", () => {
  online();
  if (root.matches("[data-offline]") && !document.querySelector("main form")) location.reload(); // as it is now
  else look();
});
addEventListener("offline", online);
online();

/* What is on the phone, said at each course. */
async function chips() {
  const whose = await store.person();
  const [kept, left] = [await store.courses(whose), await store.unsent(whose)];
  const away = root.matches("[data-offline], .offline");
  const here = kept.find(({ course }) => location.pathname.startsWith(`/courses/${course}/`));
  if (here?.exam) root.dataset.courseKept = here.exam.attempt;
  else delete root.dataset.courseKept;
  const stands = {};
  for (const { course, exam } of kept) stands[course] = exam && (await store.fact(`standing:${exam.attempt}`))?.state;
  for (const place of all("[data-phone]")) {
    const name = place.dataset.phone;
    const course = kept.find((each) => each.course === name);
    const waits = left.some((deed) => deed.course === name && deed.kind === "answer");
    const is = waits ? "waiting" : stands[name] ?? (course ? (course.is === "newer" ? "newer" : "saved") : away ? "absent" : "");
    for (const chip of all("[data-chip]", place)) chip.hidden = chip.dataset.chip !== is;
  }
  for (const place of all("[data-kept-courses]")) {
    place.hidden = !kept.length;
    place.querySelector("[data-list]").replaceChildren(
      ...kept.map(({ course, title }) => {
        const link = Object.assign(document.createElement("a"), { href: `/courses/${course}`, textContent: title, className: "item" });
        const line = document.createElement("li");
        line.append(link);
        return line;
      }),
    );
  }
}

/* Words to oneself that are not sent yet stand in their field, to go on with. */
async function note() {
  const form = document.querySelector("form[action*='/notes/']");
  const field = form?.elements.answer;
  if (!form?.elements.kept_before || field.value !== field.defaultValue) return;
  const isHere = ({ kind, course, item }) => kind === "note" && form.action.endsWith(`/courses/${course}/notes/${item}`);
  const last = (await store.unsent(await store.person())).findLast(isHere);
  if (!last) return;
  field.value = new Map(last.form).get("answer");
  form.elements.kept_before.value = field.value;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "kept_over", value: last.n }));
}

/* Where the answers of a test are: on the phone, sent, graded. */
async function standing(isOut) {
  for (const place of all("[data-standing]")) {
    const id = place.dataset.standing;
    const left = (await store.unsent(await store.person())).filter((deed) => deed.attempt === id);
    const said = await store.fact(`standing:${id}`);
    place.querySelector("[data-not-signed-in]").hidden = !left.length || !isOut;
    place.querySelector("[data-not-counted]").hidden = left.length > 0 || said?.state !== "not_counted";
    if (left.length || !said) continue;
    const reached = ["saved", "sent", "graded"].indexOf(said.state);
    for (const [count, step] of [...all("[data-state]", place)].entries()) {
      step.querySelector("[data-not]")?.toggleAttribute("hidden", count <= reached);
      step.querySelector("[data-is]")?.toggleAttribute("hidden", count > reached);
    }
    const seen = `seen:${id}`; // once: without network the same page would come again
    if (said.state !== "graded" || sessionStorage[seen] || (await state()) === null) continue;
    sessionStorage[seen] = 1;
    location.assign(place.dataset.result);
  }
}

/* Bring what is kept up to date: on Wi-Fi by itself, and never in the middle of a test. */
async function update() {
  const kept = await store.courses(await store.person());
  const now = kept.length && (await state(kept.map((each) => each.course)));
  if (!now || now.for !== kept[0].person) return;
  for (const standing of now.standings) await store.setFact(`standing:${standing.attempt}`, standing);
  for (const record of kept) {
    const is = await newer(record, now.versions[record.course]);
    if (is === "newer" && navigator.connection?.type === "wifi") await keep(record.course).catch(() => {});
    else if (is !== (record.is ?? "kept")) await store.changeCourse(record, () => ({ is }));
  }
  await chips();
}

/* Certificates are carried along, with the files that prove them: as soon as the list of them has been opened. */
async function wallet() {
  const carried = [...all("[data-wallet]")].map(({ dataset }) => `/certificates/${dataset.wallet}`);
  if (!carried.length || root.matches("[data-offline]")) return;
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ remember: carried });
  const cache = await caches.open("kunnig-opened");
  let isThere = true;
  for (const path of carried.flatMap((each) => [`${each}.pdf`, `${each}.json`])) {
    if (await cache.match(path)) continue;
    const answer = await fetch(path, { redirect: "manual" }).catch(() => null);
    if (answer?.status === 200) await cache.put(path, answer);
    else isThere = false; // it is being made: the next time
  }
  for (const place of all("[data-wallet-saved]")) place.hidden = !isThere;
}

/* After a release: the worker fetches anew what was opened before it. */
async function renew() {
  const { active } = await navigator.serviceWorker.ready;
  if (navigator.onLine) active.postMessage({ renew: true });
}

async function look() {
  await chips();
  const left = await send().catch(() => 1);
  await standing(left > 0 && (await state()) === false);
  await chips();
  clearTimeout(timer);
  if (left) timer = setTimeout(look, AGAIN); // a phone on a weak network does not say when it is back
}

for (const button of all("[data-again-page]"))
  button.addEventListener("click", (event) => (event.preventDefault(), location.reload()));
addEventListener("pageshow", (event) => event.persisted && look());
note().catch(() => {});
look().then(update).then(wallet).catch(() => {}).then(renew);
