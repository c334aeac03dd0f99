// Adds to the search that a conversation opens at the hit, and that operators are completed while they are typed.
// Everything works without this file: the address leads to the hit, and the operators stand below the box.
import { all, find } from "./dom.js";

// The current hit ------------------------------------------------------------------------------------------------
const shown = new WeakSet();
const toHit = () => {
  const hit = find("mark[aria-current]");
  if (!hit || shown.has(hit)) return;
  shown.add(hit);
  hit.scrollIntoView({ block: "center" });
};
document.addEventListener("DOMContentLoaded", toHit);
document.addEventListener("htmx:after:swap", toHit);

// Completion -----------------------------------------------------------------------------------------------------
const isBox = (element) => element.id === "query";
const written = (box) => {
  const before = box.value.slice(0, box.selectionStart);
  const word = before.slice(before.search(/\S*$/)).replace(/^-/, "");
  return { word: word.toLowerCase(), start: before.length - word.length };
};
const fits = (value, word) =>
  word && value.startsWith(word) && value !== word && (value.endsWith(":") || word.includes(":"));
const open = () => all("#operators [role=option]:not([hidden])");
const chosen = () => open().find((option) => option.ariaSelected === "true");
const choose = (box, option) => {
  open().forEach((each) => {
    each.ariaSelected = String(each === option);
  });
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
};
const offer = (box) => {
  const { word } = written(box);
  all("#operators [role=option]").forEach((option) => {
    option.hidden = !fits(option.dataset.value, word);
  });
  const some = open().length > 0;
  find("#completion").hidden = !some;
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "operators");
  box.ariaExpanded = String(some);
  choose(box, null);
};
const close = (box) => {
  find("#completion").hidden = true;
  box.ariaExpanded = "false";
  choose(box, null);
};
const take = (box, option) => {
  const { start } = written(box);
  const { value } = option.dataset;
  box.setRangeText(value.endsWith(":") ? value : `${value} `, start, box.selectionStart, "end");
  offer(box);
};
document.addEventListener("input", ({ target }) => isBox(target) && offer(target));
document.addEventListener("focusout", ({ target }) => isBox(target) && close(target));
// The box keeps the focus while an option is pressed.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("#operators [role=option]");
  if (!option) return;
  event.preventDefault();
  take(find("#query"), option);
});
document.addEventListener(
  "keydown",
  (event) => {
    const box = event.target;
    if (!isBox(box) || find("#completion").hidden || event.isComposing) return;
    const options = open();
    const here = options.indexOf(chosen());
    if (event.key === "ArrowDown") choose(box, options[(here + 1) % options.length]);
    else if (event.key === "ArrowUp") choose(box, options.at(here <= 0 ? -1 : here - 1));
    else if (event.key === "Tab" && !event.shiftKey) take(box, chosen() ?? options[0]);
    else if (event.key === "Enter" && chosen()) take(box, chosen());
    else if (event.key === "Escape") close(box);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
