// Leaving fast on a shared phone: the button, or Shift three times, covers the page at once,
// ends the session and replaces this page, so that Back shows nothing.
const form = document.querySelector("form[data-leave]");

function leave() {
  document.documentElement.hidden = true;
  const body = new URLSearchParams(new FormData(form));
  fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true })
    .finally(() => location.replace("https://mausam.imd.gov.in/"));
}

if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(); });
  let presses = [];
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift") { presses = []; return; }
    presses = [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp];
    if (presses.length === 3) leave();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
