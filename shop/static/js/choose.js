// Another colour or size without leaving the page: its page is fetched, and what stands in the middle of it put here.
// Without this script the links lead there.
const main = document.querySelector("main");
let asked = null;
let shown = location.pathname + location.search;

function show(address, then) {
  asked?.abort();
  asked = new XMLHttpRequest(); // reads a page without running any of it, which the policy on trusted types allows
  asked.open("GET", address);
  asked.responseType = "document";
  asked.onerror = () => location.assign(address);
  asked.onload = () => {
    const page = asked.response;
    const next = asked.status === 200 && page?.querySelector("main");
    if (!next) return location.assign(address);
    const wanted = main.querySelector("[name=quantity]")?.value;
    main.replaceChildren(...next.childNodes);
    document.title = page.title;
    document.querySelector(".top__end").replaceWith(page.querySelector(".top__end"));
    const quantity = main.querySelector("[name=quantity]");
    if (quantity && wanted) quantity.value = wanted;
    shown = location.pathname + location.search;
    then?.();
  };
  asked.send();
}

main.addEventListener("click", (event) => {
  const link = event.target.closest("[data-choose] a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show(link.href, () => {
    const links = [...main.querySelectorAll("[data-choose] a")];
    links.find((each) => each.href === link.href)?.focus({ preventScroll: true });
  });
});

addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) show(location.href);
});
