// Adds that words of a form are added and taken away at once; without this file its buttons send the form.
import { find } from "./dom.js";

const changed = (place) => place.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
const words = (place) => new Set([...place.querySelectorAll("input[type=hidden]")].map((input) => input.value));
const add = (place, text) => {
  const field = find("[name=word]", place);
  text
    .split("\n")
    .map((word) => word.trim())
    .filter((word) => word && !words(place).has(word))
    .forEach((word) => {
      const chip = find("template", place).content.cloneNode(true);
      find("input", chip).value = word;
      const button = find("button", chip);
      button.value = word;
      button.ariaLabel = place.dataset.allow.replace("{word}", word);
      find("bdi", chip).textContent = word;
      field.before(chip);
    });
  field.value = "";
  field.focus();
  changed(place);
};
document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("[data-chips]");
  if (event.key !== "Enter" || event.isComposing || event.target.name !== "word" || !event.target.value.trim()) return;
  event.preventDefault();
  add(place, event.target.value);
});
document.addEventListener("paste", (event) => {
  const place = event.target.closest?.("[data-chips]");
  const text = event.clipboardData?.getData("text") ?? "";
  if (!place || !text.trim().includes("\n")) return;
  event.preventDefault();
  add(place, text);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-chips] button");
  if (!button) return;
  event.preventDefault();
  const place = button.closest("[data-chips]");
  if ("add" in button.dataset) {
    add(place, find("[name=word]", place).value);
    return;
  }
  button.parentElement.remove();
  find("[name=word]", place).focus();
  changed(place);
});
