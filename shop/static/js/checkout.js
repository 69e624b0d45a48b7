// Shows only the total of the chosen way of sending, and names the sum on the button.
// Without this script all totals stand there, and the button says what it does in words.
const rows = [...document.querySelectorAll("[data-way]")];
const button = document.querySelector("[data-pay]");

function choose() {
  const chosen = document.querySelector("input[name=shipping_method]:checked");
  for (const row of rows) row.hidden = chosen !== null && row.dataset.way !== chosen.value;
  const shown = rows.find((row) => !row.hidden);
  if (chosen && shown && button) button.textContent = button.dataset.pay.replace("{sum}", shown.querySelector(".number").textContent);
}

// Only the ways that go to the chosen country are offered.
function fit() {
  const country = document.querySelector("select[name=country]").value;
  const inputs = [...document.querySelectorAll("input[name=shipping_method]")];
  for (const input of inputs) input.closest(".choice").hidden = input.value.startsWith("india-") !== (country === "IN");
  const open = inputs.filter((input) => !input.closest(".choice").hidden);
  if (!open.some((input) => input.checked) && open[0]) open[0].checked = true;
  choose();
}

document.querySelector("select[name=country]")?.addEventListener("change", fit);
document.addEventListener("change", (event) => { if (event.target.name === "shipping_method") choose(); });
if (rows.length) fit();
