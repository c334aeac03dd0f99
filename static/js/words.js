// Adds to text boxes how much room is left before a text is too long. Nothing is cut: the server refuses what is too
// long, and gives all of it back.
import { all } from "./dom.js";

const NEAR = 0.9;
// As the server counts: without blank lines around it (the first of several lines keeps its indentation), and a
// character as one however many units it takes here. Blank is what is blank there.
const isBlank = (letter) => /[\s\x1c-\x1f\x85]/.test(letter) && letter !== "\ufeff";
const count = (text) => {
  let start = 0;
  let end = text.length;
  let pairs = 0;
  while (end > 0 && isBlank(text[end - 1])) end--;
  while (start < end && isBlank(text[start])) start++;
  const line = text.indexOf("\n", start);
  if (line >= 0 && line < end) start = text.lastIndexOf("\n", start - 1) + 1;
  for (let i = start + 1; i < end; i++) {
    if ((text.charCodeAt(i - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(i) & 0xfc00) === 0xdc00) pairs++;
  }
  return end - start - pairs;
};
const place = (box) => {
  if (box.nextElementSibling?.matches(".room")) return box.nextElementSibling;
  const made = Object.assign(document.createElement("output"), { className: "room" });
  box.after(made);
  return made;
};
const tell = (box) => {
  const most = Number(box.dataset.most);
  // A text of few units has few characters: nothing is counted while somebody types a short one.
  const have = box.value.length < most * NEAR ? 0 : count(box.value);
  if (have < most * NEAR) {
    if (box.nextElementSibling?.matches(".room")) box.nextElementSibling.remove();
    return;
  }
  const room = place(box);
  const n = Math.abs(most - have).toLocaleString(document.documentElement.lang);
  room.textContent = (have > most ? box.dataset.over : box.dataset.left).replace("{n}", n);
  room.classList.toggle("over", have > most);
};
const tellAll = () => all("textarea[data-most]").forEach(tell);
document.addEventListener("input", ({ target }) => {
  if (target.matches("textarea[data-most]")) tell(target);
});
document.addEventListener("DOMContentLoaded", tellAll);
document.addEventListener("htmx:after:swap", tellAll);
document.addEventListener("words-restored", tellAll);
