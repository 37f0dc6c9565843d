/*
  Goes on without network. Pages are asked for first; where none comes, what is on the phone is shown: a course that is
  kept as a whole, a page that was opened before, or the page that says what is missing. What is done in a kept course
  is stored and sent later. The server says whose a page is (Kunnig-Person), and whether it may be shown without
  network (Kunnig-Keep); with another person, and when somebody signs out, all that was kept is gone.
*/
import { send } from "/static/release/offline/sending.js";
import { canonical, isComplete } from "/static/release/offline/answers.js";
import * as store from "/static/release/offline/store.js";

const RELEASE = "/static/release/";
const SHELL = `kunnig-shell-${RELEASE}`;
const PATIENCE = 4000; // ms that are waited for a page when there is one on the phone
const SHELL_FILES = ["shown with"]; // the server puts in which
const FIELDS = ["csrf_token", "attempt", "client_id", "type", "explained", "kept", "kept_next", "kept_before", "kept_over"]; // beside the answer itself
const PLACES = ["/offline", "/offline?still"]; // shown in the place of others, in the language of whoever is here
let outs = 0; // how often somebody has signed out since this worker began: a page from before is nobody's any more

addEventListener("install", (event) => {
  const files = [...SHELL_FILES.map((name) => RELEASE + name), ...PLACES];
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(files)));
});
/*
  The worker of a new release waits until Kunnig has been closed: were the old one stopped between, a page that it is just
  about to answer would never come. Nothing more is done here, for pages wait until it is.
*/
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) =>
  event.waitUntil(event.data.renew ? renew() : Promise.all(event.data.remember.map(fetchAndRemember))),
);
addEventListener("sync", (event) => event.waitUntil(send().then((left) => left && Promise.reject(new Error("left"))))); // again later
addEventListener("push", (event) => {
  const { title, body, tag, url } = event.data.json();
  const shown = { body, tag, icon: `${RELEASE}icon-192.png`, data: url };
  event.waitUntil(self.registration.showNotification(title, shown));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data));
});
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (request.method === "GET") event.respondWith(orElse(opened(event, url), () => away(url)));
    else if (url.pathname === "/sign-out") event.respondWith(signOut(request));
    else if (url.pathname.startsWith("/courses/")) event.respondWith(orElse(posted(request, url), nothing));
    else event.respondWith(orElse(fetch(request), nothing));
  } else if (request.method === "GET" && /^\/(static|media)\//.test(url.pathname)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});

/* A page that is opened. */
async function opened(event, url) {
  const before = outs;
  const record = await courseAt(url);
  const left = record?.exam ? await store.unsent(record.person).catch(() => []) : [];
  const ours = left.some((deed) => deed.attempt && deed.attempt === record.exam.attempt);
  if (ours && (await within(PATIENCE, send()).catch(() => 1)) && isOfTest(url)) return kept(record, url);
  const there = record && (await page(record, url).catch(() => undefined));
  try {
    const asked = fetch(event.request);
    const answer = await (there ? within(PATIENCE, asked) : asked);
    if (answer.status >= 502 && there) return kept(record, url);
    event.waitUntil(remember(answer, url, before));
    return answer;
  } catch {
    if (there) return kept(record, url);
    const [, , course, lesson, step] = url.pathname.split("/");
    const first = !step && record?.lessons?.[lesson]; // an address that leads on to a step
    return first ? Response.redirect(`/courses/${course}/${lesson}/${first}`, 303) : away(url);
  }
}

/* Answers, notes and practice in a course. */
async function posted(request, url) {
  const copy = request.clone();
  const record = await courseAt(url);
  const form = record && (await copy.formData());
  if (form?.has("kept")) return done(record, url, form);
  const isOurs = form && record.exam?.attempt === form.get("attempt") && isOfTest(url);
  try {
    const answer = await fetch(request);
    if (isOurs && answer.type === "opaqueredirect") await store.answered(record, Number(url.pathname.split("/")[4]));
    return answer;
  } catch {
    const isNoteOurs = form && isNote(url) && form.get("answer")?.trim();
    if (isOurs || isNoteOurs) return done(record, url, form); // it was begun with network and goes on without
    return form && ((await page(record, url, canonical(answerOf(form)))) ?? (await page(record, url)));
  }
}

async function signOut(request) {
  await within(PATIENCE, send()).catch(() => {});
  try {
    const headers = new Headers(request.headers);
    headers.set("Kunnig-Worker", "1"); // it forgets by itself, all but what could not be sent
    outs += 1;
    const answer = await fetch(request.url, { method: "POST", body: await request.text(), headers, redirect: "manual" });
    if (answer.type !== "opaqueredirect") return answer;
    await store.forget();
    return Response.redirect("/sign-in#out", 303);
  } catch {
    return caches.match("/offline?still"); // without network nobody is signed out
  }
}

/* What is done in a kept course, stored before it is said to be. */
async function done(record, url, form) {
  const [, , , first, second] = url.pathname.split("/"); // "", courses, <course>, …
  const pairs = answerOf(form);
  if (first === "quiz" && !second) return onward(record);
  if (!isComplete(form)) return (await page(record, url, "!")) ?? away(url);
  const deed = { person: record.person, course: record.course, edition: record.edition, at: Date.now() };
  if (first === "quiz") {
    const [attempt, client_id, place] = [form.get("attempt"), form.get("client_id"), Number(second)];
    const sent = [...pairs, ["type", form.get("type")]];
    Object.assign(deed, { kind: "answer", once: `${attempt}/${place}`, attempt, client_id, place, form: sent });
    if (!(await stored(deed))) return notStored(record, url);
    return onward(record);
  }
  if (first === "notes") {
    const client_id = crypto.randomUUID();
    Object.assign(deed, { kind: "note", once: client_id, client_id, item: second, before: form.get("kept_before") ?? "", form: pairs });
    if (!(await stored(deed, Number(form.get("kept_over"))))) return notStored(record, url);
    return Response.redirect(form.get("kept_next") ?? `/courses/${record.course}`, 303);
  }
  return (await page(record, url, canonical(pairs))) ?? (await page(record, url, "*")) ?? away(url);
}

async function stored(deed, over) {
  try {
    await store.add(deed, over);
    self.registration.sync?.register("send").catch(() => {});
    send().catch(() => {});
    return true;
  } catch {
    return false;
  }
}

/* On to the next question, or to where the answers are said to be kept. */
async function onward(record) {
  const place = record.exam ? await store.nextPlace(record) : 0;
  return Response.redirect(`/courses/${record.course}/${place ? `quiz/${place}` : "result"}`, 303);
}

/* A kept page as it is to be shown now; that a step was read is stored. */
async function kept(record, url) {
  const [, , , first, second] = url.pathname.split("/");
  if (first === "quiz" && !second && (await isOver(record))) return (await page(record, url, "over")) ?? page(record, url);
  if (first === "quiz" && second && (await isOver(record))) return Response.redirect(`/courses/${record.course}/quiz`, 303);
  if (first === "quiz" && second && Number(second) !== (await store.nextPlace(record))) return onward(record);
  if (first === "result" && record.exam && (await store.nextPlace(record))) return onward(record); // not all answered
  if (second && first !== "quiz" && first !== "notes") {
    const { person, course, edition } = record;
    const once = `read/${edition}/${first}/${second}`;
    const deed = { person, course, edition, once, kind: "read", lesson: first, step: second };
    await stored({ ...deed, client_id: crypto.randomUUID(), at: Date.now() });
  }
  return page(record, url);
}

/* Whether the questions that were handed out are of no use any more: graded, too old, or answered and sent. */
async function isOver({ person, exam }) {
  if (!exam) return false;
  const isGraded = (await store.fact(`standing:${exam.attempt}`))?.state === "graded";
  if (isGraded || exam.until < Date.now()) return true;
  const isLeft = (await store.unsent(person)).some((deed) => deed.attempt === exam.attempt);
  return !isLeft && exam.places.every((place) => exam.done.includes(place));
}

async function page(record, url, sent = "") {
  const cache = await caches.open(record.cache);
  return cache.match(`${url.pathname}${sent && `?sent=${encodeURIComponent(sent)}`}`);
}

/* Whatever is wrong with what is stored here, some page comes. */
const orElse = (answer, otherwise) => answer.catch(() => undefined).then((found) => found ?? otherwise());
const nothing = () => caches.match("/offline");
const notStored = async (record, url) => (await page(record, url, "full")) ?? away(url);
const answerOf = (form) => [...form].filter(([name]) => !FIELDS.includes(name));
const isNote = (url) => /^\/courses\/[^/]+\/notes\/[^/]+$/.test(url.pathname);
const isOfTest = (url) => /^\/courses\/[^/]+\/(quiz|result)(\/|$)/.test(url.pathname);

async function courseAt(url) {
  const [, area, name] = url.pathname.split("/");
  if (area !== "courses" || !name) return undefined;
  return store.person().then((whose) => store.course(whose, name)).catch(() => undefined); // no storage: as without us
}

/*
  Keep a page that was opened, if it may be; forget everything if somebody else is here now. `before` is how often
  somebody had signed out when it was asked for.
*/
async function remember(answer, url, before, isOpened = true) {
  const copy = answer.headers.has("Kunnig-Keep") && answer.clone(); // nothing else is read twice: it may be large
  const whose = answer.headers.get("Kunnig-Person");
  if (whose === null || before !== outs) return;
  if (whose !== ((await store.person()) ?? "")) {
    if (!isOpened) return; // asked for before somebody else came
    await store.forget();
    if (whose) await store.setFact("person", whose);
  }
  if (!whose || !copy?.ok) return;
  const html = (await copy.text()).replace("<html", "<html data-offline");
  if (whose !== (await store.person())) return;
  const cache = await caches.open("kunnig-opened");
  await cache.put(url.pathname, new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  await speak(/ lang="(.*?)"/.exec(html)[1]);
}

/* The pages in the place of others are fetched anew when somebody has chosen another language. */
async function speak(language) {
  const shell = await caches.open(SHELL);
  const spoken = await (await shell.match(PLACES[0]))?.text();
  if (spoken && !spoken.includes(`<html lang="${language}"`)) await shell.addAll(PLACES);
}

async function fetchAndRemember(path) {
  const [before, isFirst] = [outs, (await store.person()) === undefined];
  const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "manual" }).catch(() => null);
  if (answer) await remember(answer, new URL(path, location), before, isFirst);
  return answer;
}

/* After a release: pages that were opened before it name its files. Those go when all of these pages are new or gone. */
async function renew() {
  const old = (await caches.keys()).filter((name) => name.startsWith("kunnig-shell-") && name !== SHELL);
  if (!old.length) return;
  const cache = await caches.open("kunnig-opened");
  const paths = (await cache.keys()).map(({ url }) => new URL(url).pathname).filter((path) => !/\.(pdf|json)$/.test(path));
  const answers = await Promise.all(paths.map(fetchAndRemember));
  if (answers.some((answer) => !answer || answer.status >= 500)) return; // the network is gone again: the next time
  await Promise.all(paths.filter((_path, n) => !answers[n].ok).map((path) => cache.delete(path)));
  for (const name of old) await caches.delete(name);
}

/* Without network and without the page: one that was opened before, or what to do now. */
async function away(url) {
  return (await caches.match(url.pathname, { cacheName: "kunnig-opened" })) ?? nothing();
}

const within = (ms, promise) =>
  Promise.race([promise, new Promise((_done, fail) => setTimeout(fail, ms, new Error("too slow")))]);
