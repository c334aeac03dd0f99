// Adds keys to the fields of the Names page: Enter is the form's own; Shift and Enter saves and goes back, Tab takes
// the suggestion while the field is untouched, Escape gives the old name back. Without this file there are the buttons.
import { all } from "./dom.js";

const fields = () => all("form[data-naming] .input");
const fieldOf = (target) => (target.matches?.("form[data-naming] .input") ? target : null);
const isUntouched = (field) => field.value === field.defaultValue;

const acts = (event, field) => {
  if (event.key === "Tab" && !event.shiftKey && field.dataset.suggestion && isUntouched(field)) {
    field.value = field.dataset.suggestion;
  } else if (event.key === "Enter" && event.shiftKey) {
    const before = fields()[fields().indexOf(field) - 1];
    if (before) field.form.elements.next.value = before.closest(".row").id.replace("name_", "");
    field.form.requestSubmit();
  } else if (event.key === "Escape") {
    if (isUntouched(field)) field.blur();
    else field.value = field.defaultValue;
  } else return false;
  return true;
};
// Before the keys of all pages, in which Escape means to go away.
addEventListener(
  "keydown",
  (event) => {
    const field = fieldOf(event.target);
    if (!field || event.isComposing || !acts(event, field)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
