/*
  On every page of somebody's own phone. The first visit is as light as without it: the service worker is fetched once
  the page is there, and what it makes possible from the next page on.
*/
const { serviceWorker } = navigator;
const begin = async () => {
  await serviceWorker.register("/sw.js", { type: "module" });
  const { active } = await serviceWorker.ready;
  active.postMessage({ remember: [location.pathname, "/todo", "/courses"] });
};
if (serviceWorker?.controller) import("./looking.js");
else if (serviceWorker && document.readyState === "complete") begin().catch(() => {});
else if (serviceWorker) addEventListener("load", () => begin().catch(() => {}));
