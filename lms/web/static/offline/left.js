/* Where somebody signs in: whether answers wait on this phone, not whose. Who has signed out leaves nothing else. */
if (location.hash === "#out") localStorage.clear();
if (navigator.serviceWorker?.controller) {
  const { everyDeed } = await import("./store.js");
  const left = (await everyDeed()).some((deed) => deed.kind === "answer");
  for (const note of document.querySelectorAll("[data-left]")) note.hidden = !left;
}
