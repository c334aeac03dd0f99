// Adds to the picker of labels that Enter takes the first choice and that arrows move along the choices. Without this
// file the field's button puts the typed label on.
import { all, find } from "./dom.js";

const isField = (element) => element.matches?.("#label-menu input[name=label]");
const choices = () => all("#label-choices button");
// The choices answer what was typed a moment ago: Enter waits for those of what is typed now.
let waits = false;
const isUpToDate = (field) => find("#label-choices")?.dataset.typed === field.value.trim();
const takeFirst = () => {
  waits = false;
  choices()[0]?.click();
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || !event.target.closest?.("#label-menu")) return;
  const offered = choices();
  if (event.key === "Enter" && isField(event.target)) {
    event.preventDefault();
    if (!event.target.value.trim()) return;
    if (isUpToDate(event.target)) takeFirst();
    else waits = true;
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const at = offered.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (offered[at] ?? find("#label-menu input[name=label]")).focus();
  }
});
document.addEventListener("htmx:after:swap", () => {
  const field = find("#label-menu input[name=label]");
  if (waits && field && isUpToDate(field)) takeFirst();
});
// What was put on is no longer looked for; what was typed meanwhile stays.
let sent = "";
const isOurs = (ctx) => ctx?.request?.method === "POST" && ctx.sourceElement?.closest?.("#label-menu");
document.addEventListener("htmx:before:request", (event) => {
  if (isOurs(event.detail.ctx)) sent = find("#label-menu input[name=label]").value;
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!isOurs(ctx) || ctx.response?.status >= 400) return;
  const field = find("#label-menu input[name=label]");
  if (field.value === sent) field.value = "";
  field.focus();
});
