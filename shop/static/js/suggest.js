// Suggestions under the search field while one types: links in a list, walked with the arrow keys.
// Without this script the form does what it always does.
const WAIT_MS = 140;
const field = document.querySelector("[data-suggest]");
let list, said, links = [], at = -1, timer = 0, asked = null;

function build() {
  list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.role = "listbox";
  list.setAttribute("aria-label", field.labels[0].textContent);
  list.hidden = true;
  said = document.createElement("p");
  said.className = "visually-hidden";
  said.role = "status";
  field.after(list, said);
  field.role = "combobox";
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  close();
}

function close() {
  list.hidden = true;
  field.setAttribute("aria-expanded", "false");
  choose(-1);
}

function choose(next) {
  at = next;
  links.forEach((link, number) => link.parentElement.setAttribute("aria-selected", String(number === at)));
  if (at >= 0) field.setAttribute("aria-activedescendant", links[at].parentElement.id);
  else field.removeAttribute("aria-activedescendant");
}

function show(found) {
  const items = found.map(({ title, url }, number) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `suggestion-${number}`;
    const link = document.createElement("a");
    link.href = url;
    link.tabIndex = -1;
    link.textContent = title;
    item.append(link);
    return item;
  });
  list.replaceChildren(...items);
  links = items.map((item) => item.firstChild);
  choose(-1);
  list.hidden = !links.length;
  field.setAttribute("aria-expanded", String(links.length > 0));
  said.textContent = links.length ? field.dataset.said.replace("{number}", links.length) : "";
}

async function ask() {
  asked?.abort();
  const words = field.value.trim();
  if (words.length < 2) return close();
  asked = new AbortController();
  try {
    const answer = await fetch(`${field.dataset.suggest}${encodeURIComponent(words)}`, { signal: asked.signal });
    if (answer.ok) show(await answer.json());
  } catch { /* the next letter asks again */ }
}

function steer(event) {
  if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
  if (list.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose((at + 1 + step + links.length + 1) % (links.length + 1) - 1);
  }
  if (event.key === "Enter" && at >= 0) { event.preventDefault(); location.assign(links[at].href); }
}

if (field) {
  build();
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
  field.addEventListener("keydown", steer);
  field.closest("form").addEventListener("focusout", (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
}
