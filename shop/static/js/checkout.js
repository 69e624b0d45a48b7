// Shows only the total of the chosen way of sending, names the sum on the button, and asks for the form and
// the charges of an address as soon as its country, state or PIN code has changed.
// That total stays in sight, and is said when it changes. Where the charges cannot be asked for, two buttons ask, as
// they do without this script, where all totals stand there.
const form = document.querySelector("[data-checkout]");

function choose() {
  const rows = [...document.querySelectorAll("[data-way]")];
  const button = document.querySelector("[data-pay]");
  const chosen = document.querySelector("input[name=shipping_method]:checked");
  for (const row of rows) row.hidden = chosen !== null && row.dataset.way !== chosen.value;
  const shown = rows.find((row) => !row.hidden);
  const known = Boolean(chosen && shown && button);
  const total = document.querySelector("[data-total]");
  if (known) {
    const sum = shown.querySelector("[data-sum]").textContent;
    button.textContent = button.dataset.pay.replace("{sum}", sum);
    total.textContent = form.dataset.said.replace("{sum}", sum);
  }
  total.hidden = !known;
}

function offer(buttons) {
  for (const each of document.querySelectorAll("[data-without-script]")) each.hidden = !buttons;
}

let newest;
function show() {
  const asked = new XMLHttpRequest();
  newest?.abort();
  newest = asked;
  asked.open("POST", form.action);
  asked.responseType = "document";
  asked.addEventListener("load", () => {
    if (asked.status !== 200) return offer(true);
    const held = document.activeElement?.id;
    for (const old of document.querySelectorAll("[data-part]")) {
      const fresh = asked.response?.getElementById(old.id);
      if (!fresh) continue;
      for (const field of old.querySelectorAll("[data-typed]")) { // what was typed while the answer was under way
        const same = fresh.querySelector(`#${field.id}`);
        if (!same) continue;
        if (field.type === "radio" || field.type === "checkbox") same.checked = field.checked;
        else if (field.value) same.value = field.value;
        same.dataset.typed = "yes";
      }
      old.replaceWith(document.adoptNode(fresh));
    }
    offer(false);
    choose();
    if (held && document.activeElement?.id !== held) document.getElementById(held)?.focus();
  });
  asked.addEventListener("error", () => offer(true));
  const sent = new FormData(form);
  sent.set("show", "script");
  asked.send(sent);
}

if (form) {
  form.addEventListener("input", (event) => { event.target.dataset.typed = "yes"; });
  form.addEventListener("change", (event) => {
    const name = event.target.name;
    if (name === "shipping_method") choose();
    if (["country", "state", "postcode"].includes(name)) show();
  });
  offer(false);
  choose();
}
