// Adds the palette: one field from which people go anywhere and do anything. Without this file the sidebar, the search
// page and the buttons do the same.
import { all, find } from "./dom.js";
import { press, shortcut } from "./shortcuts.js";

const WAIT = 120;
const dialog = () => find("#palette");
const box = () => find("input", dialog());
const place = () => find("#palette-list");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const open = () => all("[role=option]:not([hidden])", place());
const chosen = () => open().find((option) => option.ariaSelected === "true");
const choose = (option) => {
  all("[role=option]", place()).forEach((each) => {
    each.ariaSelected = String(each === option);
  });
  if (option) box().setAttribute("aria-activedescendant", option.id);
  else box().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
};
// Actions are those of the buttons on the page now; each says itself what it would do.
const show = () => {
  const words = fold(box().value.trim()).split(/\s+/);
  all("[role=option]", place()).forEach((option) => {
    const does = option.dataset.press && shortcut(option.dataset.press);
    const is = !option.dataset.press || Boolean(does);
    const name = fold(find(".cut", option).textContent);
    option.hidden = !is || (!("found" in option.dataset) && !words.every((word) => name.includes(word)));
  });
  all("[role=group]", place()).forEach((group) => {
    group.hidden = !all("[role=option]", group).some((option) => !option.hidden);
  });
  find(".nothing", place()).hidden = open().length > 0;
  find("[role=status]", dialog()).textContent = dialog().dataset.count.replace("{n}", open().length);
  // Nothing is chosen before something is typed: Enter alone decides and resolves nothing.
  choose(box().value.trim() ? open()[0] : null);
};
let asked = 0;
const ask = async () => {
  const number = ++asked;
  const address = `${dialog().dataset.address}?${new URLSearchParams({ q: box().value.trim() })}`;
  const response = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (number !== asked || !response?.ok || !dialog().open) return;
  const text = await response.text();
  if (number !== asked) return;
  find("#palette-options").innerHTML = text;
  show();
};
let timer;
const askSoon = () => {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
};
export const openPalette = () => {
  if (!dialog() || dialog().open) return;
  all(":popover-open").forEach((popover) => popover.hidePopover());
  dialog().showModal();
  box().value = "";
  box().focus();
  show();
  ask();
};
const take = (option, event) => {
  if (!option) return;
  if (!option.dataset.press) {
    if (event?.metaKey || event?.ctrlKey) return;
    location.assign(option.href);
    return;
  }
  dialog().close();
  // The focus is back where it was: what is pressed may move it on.
  press(shortcut(option.dataset.press));
};
const search = () => location.assign(`${dialog().dataset.search}?${new URLSearchParams({ q: box().value.trim() })}`);
document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  show();
  askSoon();
});
const keys = (event) => {
  if (event.target !== box() || event.isComposing) return;
  const options = open();
  const here = options.indexOf(chosen());
  if (event.key === "ArrowDown") choose(options[(here + 1) % options.length]);
  else if (event.key === "ArrowUp") choose(options.at(here <= 0 ? -1 : here - 1));
  else if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) search();
  else if (event.key === "Enter") take(chosen() ?? null);
  else return;
  event.preventDefault();
  event.stopPropagation();
};
document.addEventListener("keydown", keys, true);
document.addEventListener("click", (event) => {
  if (event.target === dialog()) dialog().close();
  const option = event.target.closest("#palette [data-press]");
  if (!option) return;
  event.preventDefault();
  take(option);
});
