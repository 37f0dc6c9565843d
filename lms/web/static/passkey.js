/*
  Passkeys. A form with data-passkey="address for options" is hidden until this file finds a browser that knows passkeys. When it is
  sent, the browser's own dialogue comes first; what it answers goes into the field "credential", and the form on to the server.
    data-create      on the form: make a new passkey instead of using one
    data-failed      in the form: shown when the dialogue was closed or did not work
*/
const known = window.PublicKeyCredential;
if (known?.parseCreationOptionsFromJSON && known.parseRequestOptionsFromJSON && known.prototype.toJSON)
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const { credential } = form.elements;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (credential.value) return;
      event.preventDefault();
      try {
        const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
        if ([403, 409].includes(answer.status)) return form.submit(); // the server asks for a proof first, and leads there
        if (!answer.ok) throw new Error(answer.statusText);
        const options = await answer.json();
        const made =
          "create" in form.dataset
            ? await navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
            : await navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
        credential.value = JSON.stringify(made.toJSON());
        form.requestSubmit();
      } catch {
        form.querySelector("[data-failed]").hidden = false;
      }
    });
  }
