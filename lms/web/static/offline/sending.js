/*
  Sends what was done without network, in order, as soon as it can be: asked for by pages and by the service worker.
  Only one of them sends at a time; sending twice would do no harm, for every deed has an id of its own.
*/
import * as store from "./store.js";

const MOST = 100;
const PATIENCE = 30_000; // ms, that one which hangs does not hold up all
const json = { Accept: "application/json", "Content-Type": "application/json" };

/* What the server says of who is signed in; false where nobody is who may send from here, null without network. */
export async function state(courses = []) {
  const asked = new URLSearchParams(courses.map((each) => ["course", each]));
  const answer = await fetch(`/phone/state.json?${asked}`, { headers: json, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) }).catch(
    () => null,
  );
  if (!answer || answer.status >= 500) return null;
  return answer.ok && answer.json();
}

/* How much is left to send of whoever this phone belongs to, after trying. */
export const send = () => navigator.locks.request("kunnig-send", sendAll);

async function sendAll() {
  if ((await store.everyDeed()).length) {
    const now = await state();
    if (now) await sendOf(now);
  }
  return (await store.unsent(await store.person())).length;
}

/* What whoever is signed in did here, also where it was kept before they were signed out. */
async function sendOf(now) {
  let most = MOST;
  for (let deeds = await store.unsent(now.for); deeds.length; deeds = await store.unsent(now.for)) {
    const part = deeds.slice(0, most);
    const answer = await fetch("/phone/deeds", {
      method: "POST",
      headers: { ...json, "X-CSRFToken": now.token },
      body: JSON.stringify({ sent_at: Date.now(), deeds: part }),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    }).catch(() => null);
    if (answer?.status === 422 && most > 1) most = 1; // one of them cannot be read: it must not hold up the others
    else if (answer?.status === 422) await store.refused(part[0]);
    else if (!answer?.ok) return;
    else {
      const said = await answer.json();
      const done = new Set(said.done);
      await store.sent(part.filter((deed) => done.has(deed.client_id)));
      for (const deed of part) if (said.refused.includes(deed.client_id)) await store.refused(deed);
      for (const standing of said.standings) await store.setFact(`standing:${standing.attempt}`, standing);
    }
  }
}
