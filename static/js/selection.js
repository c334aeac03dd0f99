// Adds to ticking rows of a list: X on the row with the cursor, a range with Shift, all on the page with Shift and A,
// and how many are ticked. Ticking and the bar below the list work without it.
import { all, find, isField } from "./dom.js";

const BOX = '#list .row input[type="checkbox"][form="bulk"]';
const boxes = () => all(BOX);
const scope = () => find('#bulk [name="scope"]');
let last = null;

const tell = () => {
  const shown = find("#bulk [data-selected]");
  if (!shown) return;
  const ticked = boxes().filter((box) => box.checked);
  shown.textContent = ticked.length;
  if (!ticked.length && scope()) scope().checked = false;
};
const range = (from, to) => {
  const list = boxes();
  const [first, end] = [list.indexOf(from), list.indexOf(to)].toSorted((a, b) => a - b);
  if (first >= 0)
    list.slice(first, end + 1).forEach((box) => {
      box.checked = true;
    });
};
const tick = (box, withRange) => {
  if (withRange && last?.isConnected) range(last, box);
  else box.checked = !box.checked;
  last = box;
  tell();
  box.dispatchEvent(new Event("change", { bubbles: true }));
};
const here = () => {
  const row = document.activeElement.closest(".row") ?? find(".row:has(a:focus-visible)") ?? find(".row.open");
  return row && boxes().find((box) => row.contains(box));
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.metaKey || event.ctrlKey || isField(event.target)) return;
  if ("keys" in document.body.dataset || !find("#bulk")) return;
  const key = event.key.toLowerCase();
  const box = here();
  if (key === "x" && box) {
    event.preventDefault();
    tick(box, event.shiftKey);
  } else if (key === "a" && event.shiftKey) {
    event.preventDefault();
    const isAll = boxes().every((one) => one.checked);
    boxes().forEach((one) => {
      one.checked = !isAll;
    });
    tell();
    boxes()[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
document.addEventListener("click", (event) => {
  if (!event.target.matches(BOX)) return;
  // The browser has ticked this one already.
  if (event.shiftKey && last?.isConnected) range(last, event.target);
  last = event.target;
  tell();
});
document.addEventListener("reset", () => setTimeout(tell));
document.addEventListener("htmx:after:swap", tell);
document.addEventListener("DOMContentLoaded", tell);
