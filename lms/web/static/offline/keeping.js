/*
  Keeps a course as a whole, or not at all: everything is fetched at once into a cache of its own, and only when all of
  it is there the course is said to be kept, in the place of what was there before.
*/
import { send, state } from "./sending.js";
import * as store from "./store.js";

const SOON = 4 * 86_400_000; // ms before the questions of a test are too old

/* Keep a course; `said` is told how far it is, in per cent. Throws if it could not be kept: then nothing has changed. */
export const keep = (course, said = () => {}) => navigator.locks.request("kunnig-keep", () => keepAlone(course, said));

async function keepAlone(course, said) {
  await tidy();
  if (await send()) throw new Error("not sent"); // what was answered comes first, for the test may be drawn anew
  const whose = await become();
  const before = await store.course(whose, course);
  const answer = await fetch(`/phone/courses/${course}/pages.json`, { redirect: "manual" });
  if (!answer.ok) throw new Error(answer.status);
  const content = await answer.json();
  const { title, edition, label, version, lessons, exam } = content;
  const name = `kunnig-kept-${course}-${version}-${Date.now()}`;
  const cache = await caches.open(name);
  try {
    const bytes = (await pages(cache, content.pages, said)) + (await files(cache, content.files, said));
    await store.putCourse({
      person: whose, course, title, edition, label, version, lessons, bytes, cache: name, kept: Date.now(),
      exam: exam && { ...exam, done: [] },
    });
  } catch (fault) {
    await caches.delete(name);
    throw fault;
  }
  if (before) await caches.delete(before.cache);
  navigator.storage?.persist?.();
}

/* What is left of a course whose page was left before all of it was there. */
async function tidy() {
  const kept = new Set((await store.everyCourse()).map(({ cache }) => cache));
  for (const name of await caches.keys())
    if (name.startsWith("kunnig-kept-") && !kept.has(name)) await caches.delete(name);
}

/* Whose this phone is now, as the server says; what was somebody else's is gone. */
async function become() {
  const answer = await fetch("/phone/state.json", { headers: { Accept: "application/json" }, redirect: "manual" });
  if (!answer.ok) throw new Error(answer.status);
  const whose = (await answer.json()).for;
  if (whose !== (await store.person())) {
    await store.forget();
    await store.setFact("person", whose);
  }
  return whose;
}

async function pages(cache, content, said) {
  let bytes = 0;
  for (const [count, [at, sent, html]] of content.entries()) {
    const page = new Blob([html], { type: "text/html; charset=utf-8" });
    await cache.put(sent ? `${at}?sent=${encodeURIComponent(sent)}` : at, new Response(page));
    bytes += page.size;
    said((70 * (count + 1)) / content.length);
  }
  return bytes;
}

async function files(cache, addresses, said) {
  let bytes = 0;
  for (const [count, address] of addresses.entries()) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    const file = await answer.blob();
    await cache.put(address, new Response(file));
    bytes += file.size;
    said(70 + (30 * (count + 1)) / addresses.length);
  }
  return bytes;
}

export async function remove(course) {
  const whose = await store.person();
  const record = await store.course(whose, course);
  if (!record) return;
  await store.dropCourse(whose, course);
  await caches.delete(record.cache);
}

/*
  How a kept course is: "kept", "newer" if there is another version, or its test is over and another may be handed out,
  "test" if that has to wait for its test.
*/
export async function newer(record, version) {
  const { exam, person } = record;
  const stands = exam && (await store.fact(`standing:${exam.attempt}`))?.state;
  const isOver = stands === "graded" || stands === "not_counted" || exam?.until < Date.now();
  if (!isOver && !(exam?.until < Date.now() + SOON) && (!version || version === record.version)) return "kept";
  const isLeft = (await store.unsent(person)).some((deed) => deed.attempt && deed.attempt === exam?.attempt);
  const isBegun = !isOver && exam?.done.length > 0 && exam.done.length < exam.places.length;
  return isLeft || isBegun ? "test" : "newer";
}

/* The page where that is chosen */
for (const place of document.querySelectorAll("[data-keeping]")) {
  const course = place.dataset.keeping;
  const part = (name) => place.querySelector(`[data-is=${name}]`);
  const button = (name) => place.querySelector(`[data-${name}-now]`);
  const show = (name) => {
    for (const each of place.querySelectorAll("[data-is]")) each.hidden = each.dataset.is !== name;
  };
  const look = async () => {
    const record = await store.course(await store.person(), course);
    const now = record && (await state([course]).catch(() => null));
    const is = record ? await newer(record, now ? now.versions[course] : "") : "none";
    show(is);
    if (record) {
      const size = part("kept").querySelector("[data-size]");
      const megabytes = (record.bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
      size.textContent = size.dataset.size.replace("{size}", megabytes);
    }
    button("keep").hidden = is !== "none";
    button("update").hidden = is !== "newer";
    button("remove").hidden = is === "none";
  };
  const fetchAll = async () => {
    const bar = part("busy").querySelector("progress");
    for (const name of ["keep", "update", "remove"]) button(name).disabled = true;
    show("busy");
    const fault = await keep(course, (percent) => (bar.value = percent)).then(() => null, (found) => found);
    for (const name of ["keep", "update", "remove"]) button(name).disabled = false;
    if (fault) show(fault.name === "QuotaExceededError" ? "full" : "failed");
    else await look();
  };
  button("keep").addEventListener("click", fetchAll);
  button("update").addEventListener("click", fetchAll);
  button("remove").addEventListener("click", () => remove(course).then(look));
  look();
}
