/*
  Notices on the phone. The form with data-push="public key of the house" is hidden until this file finds a browser that takes them,
  with the service worker that shows them; asked for is only on a tap. What the browser answers goes into its fields, and the form on.
    data-no-push     beside it: shown where the browser cannot
    data-failed      in it: shown when the browser, or whoever holds it, said no
*/
const form = document.querySelector("form[data-push]");
const worker = form && "PushManager" in window && (await navigator.serviceWorker?.getRegistration());
if (worker) {
  const { endpoint, key, auth } = form.elements;
  document.querySelector("[data-no-push]").hidden = true;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (endpoint.value) return;
    event.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("not granted");
      await (await worker.pushManager.getSubscription())?.unsubscribe(); // it may be for another key, or another person
      const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: form.dataset.push });
      const { keys } = made.toJSON();
      [endpoint.value, key.value, auth.value] = [made.endpoint, keys.p256dh, keys.auth];
      form.requestSubmit();
    } catch {
      form.querySelector("[data-failed]").hidden = false;
    }
  });
}
