// Leaving fast on a shared phone: the button, or Shift three times with no more than five seconds between,
// empties the page at once, ends the sign-in, and puts the weather in this page's place: Back shows nothing.
// A hearer is told how often to press, as GOV.UK's "Exit this page" does it.
const form = document.querySelector("form[data-leave]");
const says = document.querySelector("[data-leave-says]");
const PATIENCE_MS = 5000;
let presses = 0;
let late = 0;
let shifted = false;

function leave() {
  const { action, dataset } = form;
  document.cookie = dataset.left;
  const cover = document.createElement("p");
  cover.className = "leaving";
  cover.setAttribute("role", "alert");
  cover.append(dataset.leaving);
  document.body.replaceChildren(cover);
  fetch(action, { method: "POST", credentials: "same-origin", keepalive: true }).catch(() => {});
  location.replace(dataset.leave);
}

function forget(words = "") {
  clearTimeout(late);
  presses = 0;
  if (says.textContent !== words) says.textContent = words;
}

function count(event) {
  // Shift held for a capital letter ends with two keyups, of which the first still says that Shift is down.
  const alone = event.key === "Shift" && !shifted;
  shifted = event.shiftKey;
  if (!alone) return presses ? forget() : undefined;
  presses += 1;
  if (presses === 3) return leave();
  clearTimeout(late);
  late = setTimeout(() => forget(form.dataset.late), PATIENCE_MS);
  says.textContent = presses === 1 ? form.dataset.two : form.dataset.one;
}

if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(); });
  addEventListener("keyup", count);
  // A browser may keep a page as it was and show it again at Back: it is hidden before, and asked for anew.
  addEventListener("pagehide", () => { document.body.hidden = true; });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
