/*
  Sends what was done without network, in order, as soon as it can be: asked for by pages and by the service worker.
  Only one of them sends at a time; sending twice would do no harm, for every deed has an id of its own.
*/
import * as store from "./store.js";

const MOST = 100;
const json = { Accept: "application/json", "Content-Type": "application/json" };

/* What the server says of whoever this phone belongs to; false where they are not signed in, null without network. */
export async function state(courses = []) {
  const asked = new URLSearchParams(courses.map((each) => ["course", each]));
  const answer = await fetch(`/phone/state.json?${asked}`, { headers: json, redirect: "manual" }).catch(() => null);
  if (!answer || answer.status >= 500) return null;
  if (!answer.ok) return false;
  const said = await answer.json();
  return said.for === (await store.person()) && said;
}

/* How much is left to send, after trying. */
export const send = () => navigator.locks.request("kunnig-send", sendAll);

async function sendAll() {
  const whose = await store.person();
  let deeds = await store.unsent(whose);
  if (!deeds.length) return 0;
  const now = await state();
  while (now && deeds.length) {
    const part = deeds.slice(0, MOST);
    const answer = await fetch("/phone/deeds", {
      method: "POST",
      headers: { ...json, "X-CSRFToken": now.token },
      body: JSON.stringify({ sent_at: Date.now(), deeds: part }),
      redirect: "manual",
    }).catch(() => null);
    if (!answer?.ok) break;
    const said = await answer.json();
    const done = new Set(said.done);
    await store.sent(part.filter((deed) => done.has(deed.client_id)));
    for (const standing of said.standings) await store.setFact(`standing:${standing.attempt}`, standing);
    deeds = await store.unsent(whose);
  }
  return deeds.length;
}
