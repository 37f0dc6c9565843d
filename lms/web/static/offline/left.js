/*
  Where no page is kept: what waits on this phone from before is sent once the one it is of is signed in, and until then
  it is said that something waits, not whose. Who has signed out leaves nothing else.
*/
if (location.hash === "#out") localStorage.clear();
if (navigator.serviceWorker?.controller) {
  const { everyDeed } = await import("./store.js");
  const deeds = await everyDeed();
  const isLeft = deeds.some((deed) => deed.kind === "answer");
  for (const note of document.querySelectorAll("[data-left]")) note.hidden = !isLeft;
  if (deeds.length) await (await import("./sending.js")).send();
}
