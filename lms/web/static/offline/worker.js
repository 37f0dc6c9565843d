/*
  Goes on without network. Pages are asked for first; where none comes, what is on the phone is shown: a course that is
  kept as a whole, a page that was opened before, or the page that says what is missing. What is done in a kept course
  is stored and sent later. The server says whose a page is (Kunnig-Person), and whether it may be shown without
  network (Kunnig-Keep); with another person, and when somebody signs out, all that was kept is gone.
*/
import { send } from "/static/release/offline/sending.js";
import * as store from "/static/release/offline/store.js";

const RELEASE = "/static/release/";
const SHELL = `kunnig-shell-${RELEASE}`;
const PATIENCE = 4000; // ms that are waited for a page when there is one on the phone
const NEEDED = [
  "style.css", "kunnig.js", "icons.svg", "favicon.svg", "hills.svg", "fonts/familjen.woff2", "fonts/atkinson.woff2",
  "offline/idb.js", "offline/keeping.js", "offline/left.js", "offline/looking.js", "offline/pages.js", "offline/sending.js", "offline/store.js",
];
const FIELDS = ["csrf_token", "attempt", "client_id", "type", "explained", "kept"]; // beside the answer itself

addEventListener("install", (event) => {
  const files = [...NEEDED.map((name) => RELEASE + name), "/offline"];
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(files)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("kunnig-shell-") && name !== SHELL;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => clients.claim()),
  );
});
addEventListener("message", (event) => event.waitUntil(Promise.all(event.data.remember.map(fetchAndRemember))));
addEventListener("sync", (event) => event.waitUntil(send()));
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
    if (request.method === "GET") event.respondWith(opened(event, url));
    else if (url.pathname === "/sign-out") event.respondWith(signOut(request));
    else if (url.pathname.startsWith("/courses/")) event.respondWith(posted(request, url));
  } else if (request.method === "GET" && /^\/(static|media)\//.test(url.pathname)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});

/* A page that is opened. */
async function opened(event, url) {
  const record = await courseAt(url);
  const left = record?.exam ? await store.unsent(record.person) : [];
  const ours = left.some((deed) => deed.attempt && deed.attempt === record.exam.attempt);
  if (ours && (await within(PATIENCE, send()).catch(() => 1)) && isOfTest(url)) return kept(record, url);
  const there = record && (await page(record, url));
  try {
    const asked = fetch(event.request);
    const answer = await (there ? within(PATIENCE, asked) : asked);
    if (answer.status >= 502 && there) return kept(record, url);
    event.waitUntil(remember(answer.clone(), url));
    return answer;
  } catch {
    return there ? kept(record, url) : away(url);
  }
}

/* Answers, notes and practice in a course. */
async function posted(request, url) {
  const copy = request.clone();
  const record = await courseAt(url);
  const form = record && (await copy.formData());
  if (form?.has("kept")) return done(record, url, form);
  try {
    return await fetch(request);
  } catch {
    // the test that was begun with network goes on without it
    if (form && record.exam?.attempt === form.get("attempt") && isOfTest(url)) return done(record, url, form);
    return away(url);
  }
}

async function signOut(request) {
  await within(PATIENCE, send()).catch(() => {});
  try {
    const headers = new Headers(request.headers);
    headers.set("Kunnig-Worker", "1"); // it forgets by itself, all but what could not be sent
    const answer = await fetch(request.url, { method: "POST", body: await request.text(), headers, redirect: "manual" });
    if (answer.type !== "opaqueredirect") return answer;
    await store.forget();
    return Response.redirect("/sign-in#out", 303);
  } catch {
    return away(new URL(request.url));
  }
}

/* What is done in a kept course, stored before it is said to be. */
async function done(record, url, form) {
  const [, , , first, second] = url.pathname.split("/"); // "", courses, <course>, …
  const pairs = [...form].filter(([name]) => !FIELDS.includes(name));
  if (first === "quiz" && !second) return onward(record);
  if (!complete(form)) return page(record, url, "!");
  const deed = { person: record.person, course: record.course, edition: record.edition, at: Date.now() };
  if (first === "quiz") {
    const [attempt, client_id, place] = [form.get("attempt"), form.get("client_id"), Number(second)];
    const sent = [...pairs, ["type", form.get("type")]];
    Object.assign(deed, { kind: "answer", once: `${attempt}/${place}`, attempt, client_id, place, form: sent });
    if (!(await stored(deed))) return noRoom(record, url);
    return onward(record);
  }
  if (first === "notes") {
    const client_id = crypto.randomUUID();
    if (!(await stored({ ...deed, kind: "note", once: client_id, client_id, item: second, form: pairs })))
      return noRoom(record, url);
    return Response.redirect(form.get("kept_next"), 303);
  }
  return (await page(record, url, canonical(pairs))) ?? (await page(record, url, "*"));
}

async function stored(deed) {
  try {
    await store.add(deed);
    self.registration.sync?.register("send").catch(() => {});
    send();
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
  if (first === "quiz" && second && Number(second) !== (await store.nextPlace(record))) return onward(record);
  if (second && first !== "quiz" && first !== "notes") {
    const { person, course, edition } = record;
    const once = `read/${edition}/${first}/${second}`;
    const deed = { person, course, edition, once, kind: "read", lesson: first, step: second };
    await stored({ ...deed, client_id: crypto.randomUUID(), at: Date.now() });
  }
  return page(record, url);
}

async function page(record, url, sent = "") {
  const cache = await caches.open(record.cache);
  return cache.match(`${url.pathname}${sent && `?sent=${encodeURIComponent(sent)}`}`);
}

const noRoom = (record, url) => page(record, url, "full");
const isOfTest = (url) => /^\/courses\/[^/]+\/(quiz|result)(\/|$)/.test(url.pathname);
const canonical = (pairs) =>
  new URLSearchParams([...pairs].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))).toString();
const complete = (form) =>
  (form.get("kept") ?? "").split(" ").every((name) => !name || form.getAll(name).some((value) => `${value}`.trim()));

async function courseAt(url) {
  const [, area, name] = url.pathname.split("/");
  return area === "courses" && name ? store.course(await store.person(), name) : undefined;
}

/* Keep a page that was opened, if it may be; forget everything if somebody else is here now. */
async function remember(answer, url) {
  const whose = answer.headers.get("Kunnig-Person");
  if (whose === null) return;
  if (whose !== ((await store.person()) ?? "")) {
    await store.forget();
    if (whose) await store.setFact("person", whose);
  }
  if (!whose || !answer.ok || !answer.headers.has("Kunnig-Keep")) return;
  const html = (await answer.text()).replace("<html", "<html data-offline");
  const cache = await caches.open("kunnig-opened");
  await cache.put(url.pathname, new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
}

async function fetchAndRemember(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "manual" }).catch(() => null);
  if (answer) await remember(answer, new URL(path, location));
}

/* Without network and without the page: one that was opened before, or what to do now. */
async function away(url) {
  return (await caches.match(url.pathname, { cacheName: "kunnig-opened" })) ?? caches.match("/offline");
}

const within = (ms, promise) =>
  Promise.race([promise, new Promise((_done, fail) => setTimeout(fail, ms, new Error("too slow")))]);
