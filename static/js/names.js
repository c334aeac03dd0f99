// Adds keys to the fields of the Names page: Enter saves and goes on at once, Shift and Enter goes back, Tab takes the
// suggestion while the field is untouched, Escape gives the old name back, Control and Z undoes the last name. And it
// keeps what is being typed while the list changes around it. Without this file there are the buttons.
import { all, find } from "./dom.js";

const FIELD = "form[data-naming] .input";
const fields = () => all(FIELD);
const fieldOf = (target) => (target.matches?.(FIELD) ? target : null);
const isUntouched = (field) => field.value === field.defaultValue;

// Of each form: what is on its way, and the version that its typing began at.
const sent = new WeakMap();
const begunAt = new WeakMap();
const isDirty = (field) => !isUntouched(field) && sent.get(field.form) !== field.value;

const go = (field, step) => {
  const list = fields();
  (list[list.indexOf(field) + step] ?? find("#list .scroll")).focus();
};
let step = 1;
let wanted = null;

const acts = (event, field) => {
  if (event.key === "Tab" && !event.shiftKey && field.dataset.suggestion && isUntouched(field)) {
    field.value = field.dataset.suggestion;
  } else if (event.key === "Enter" && event.shiftKey) {
    step = -1;
    field.form.requestSubmit();
    step = 1;
  } else if (event.key === "Escape") {
    if (isUntouched(field)) field.blur();
    else field.value = field.defaultValue;
  } else return false;
  return true;
};
const undoes = (event) => {
  const isUndo = (event.metaKey || event.ctrlKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  const form = isUndo && find("form[data-undo]");
  if (!form) return false;
  form.requestSubmit(find("button", form));
  return true;
};
// Before the keys of all pages, in which Escape means to go away.
addEventListener(
  "keydown",
  (event) => {
    const field = fieldOf(event.target);
    if (event.isComposing || (!field && event.target.matches("input, textarea, select"))) return;
    // What is being typed is undone by the browser.
    const isDone = (field && acts(event, field)) || ((!field || isUntouched(field)) && undoes(event));
    if (!isDone) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// The cursor does not wait for the answer: what is typed meanwhile goes into the next field.
document.addEventListener("submit", ({ target }) => {
  const row = target.closest(".row.naming");
  const field = row && find(".rename .input", row);
  if (target.matches("[data-undo]")) wanted = target.dataset.undo;
  else if (field && target.matches("[data-naming], .suggest")) go(field, step);
});
document.addEventListener("input", ({ target }) => {
  wanted = null;
  const form = fieldOf(target)?.form;
  if (form && !begunAt.has(form)) begunAt.set(form, form.elements.version.value);
});

// A list that comes while a name is being typed or saved waits until that is over: it would take the words away, or
// what the answer says ("Named …", with the button that undoes it).
const saving = new Set();
let saves = 0;
const savesBefore = new WeakMap();
let isBehind = false;
const isBusy = () => saving.size > 0 || fields().some(isDirty);
const catchUp = () => {
  if (!isBehind || isBusy()) return;
  isBehind = false;
  document.dispatchEvent(new Event("list-changed"));
};
["input", "keyup", "focusout"].forEach((name) => document.addEventListener(name, catchUp));
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (form.id === "list") {
    savesBefore.set(ctx, saves);
    if (!isBusy()) return;
    isBehind = true;
    event.preventDefault();
  }
  if (ctx.request.method !== "POST" || !form.closest("#list")) return;
  saving.add(ctx);
  saves += 1;
  // Where the cursor is, this script knows best.
  ctx.request.body.set("next", "none");
  if (!form.matches("[data-naming]")) return;
  sent.set(form, form.elements.name.value);
  if (begunAt.has(form)) ctx.request.body.set("version", begunAt.get(form));
  begunAt.delete(form);
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (!savesBefore.has(ctx) || savesBefore.get(ctx) === saves) return;
  isBehind = true;
  event.preventDefault();
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  saving.delete(ctx);
  catchUp();
});
document.addEventListener("htmx:error", ({ detail }) => sent.delete(detail.ctx?.sourceElement));
// Rows in which a name is being typed stay as they are.
let following = [];
document.addEventListener("htmx:before:swap", () => {
  const list = fields();
  list.filter(isDirty).forEach((field) => field.closest(".row").setAttribute("hx-morph-skip", ""));
  const place = list.indexOf(document.activeElement);
  following = place < 0 ? [] : list.slice(place).map((field) => field.closest(".row").id);
});
document.addEventListener("htmx:after:swap", () => {
  all(".row[hx-morph-skip]").forEach((row) => row.removeAttribute("hx-morph-skip"));
  // The cursor's row may have got its name elsewhere: it goes to the next one that is left.
  const left = fieldOf(document.activeElement) ? null : following.find((id) => find(`#${id}`));
  // A list that was asked for before an undo comes without the row: the cursor goes there once it is back.
  const back = wanted && find(`#${wanted} .rename .input`);
  if (back) wanted = null;
  (back ?? (left && find(`#${left} .rename .input`)))?.focus();
});
