// Warns a minute before the page closes itself, and closes it. Only a tap extends: nothing here asks the shop by itself.
const dialog = document.querySelector("dialog.idle");
const WARNING = 60_000;
const limit = Number(dialog.dataset.limit) * 1000;
let closesAt = Date.now() + limit;

function look() {
  const left = closesAt - Date.now();
  if (left <= 0) return location.replace(dialog.dataset.out);
  if (left <= WARNING && !dialog.open) dialog.showModal();
  setTimeout(look, Math.min(left > WARNING ? left - WARNING : left, 30_000) + 50);
}

async function stay(event) {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(dialog.dataset.stay, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "error" })
    .catch(() => null);
  if (!answer || !answer.ok) return location.replace(dialog.dataset.out);
  closesAt = Date.now() + limit;
  dialog.close();
}

dialog.addEventListener("cancel", (event) => event.preventDefault());
dialog.querySelector("form").addEventListener("submit", stay);
document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() >= closesAt) location.replace(dialog.dataset.out); });
look();
