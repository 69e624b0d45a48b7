// A form that a passkey fills in. Without this, or where passkeys do not work, the form stays hidden and a code does it.
const able = window.isSecureContext && "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function answered(form) {
  const body = new FormData(form);
  const response = await fetch(form.dataset.options, { method: "POST", body, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  const options = await response.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}

function enhance(form) {
  const said = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = await answered(form);
      form.submit();
    } catch {
      said.textContent = form.dataset.failed;
      said.hidden = false;
      button.disabled = false;
    }
  });
}

if (able) document.querySelectorAll("form[data-passkey]").forEach(enhance);
