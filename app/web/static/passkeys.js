// Passkeys: a page's form asks the browser for one and is sent with the answer. Without scripts the page says what it needs.
(() => {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  const asked = async (form) => {
    const body = new URLSearchParams();
    if (form.elements.csrf_token) body.set("csrf_token", form.elements.csrf_token.value);
    const answer = await fetch(form.dataset.begin, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const made = async (options) => {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const found = await navigator.credentials.create({ publicKey: options });
    return {
      ...common(found),
      response: {
        clientDataJSON: text(found.response.clientDataJSON),
        attestationObject: text(found.response.attestationObject),
      },
    };
  };

  const shown = async (options) => {
    options.challenge = bytes(options.challenge);
    delete options.allowCredentials;
    const found = await navigator.credentials.get({ publicKey: options });
    return {
      ...common(found),
      response: {
        clientDataJSON: text(found.response.clientDataJSON),
        authenticatorData: text(found.response.authenticatorData),
        signature: text(found.response.signature),
        userHandle: found.response.userHandle && text(found.response.userHandle),
      },
    };
  };

  const common = (found) => ({ id: found.id, rawId: text(found.rawId), type: found.type });

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    document.getElementById(form.dataset.needs).hidden = true;
    const ask = form.dataset.passkey === "make" ? made : shown;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const wrong = document.getElementById(form.dataset.wrong);
      wrong.hidden = true;
      asked(form).then(ask).then((answer) => {
        form.elements.credential.value = JSON.stringify(answer);
        form.submit();
      }, () => {
        wrong.hidden = false;
        wrong.focus();
      });
    });
  }
})();
