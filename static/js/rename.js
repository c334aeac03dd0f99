// Adds that a name is saved when its field is left, however that happens; Esc gives the old one back.
// Without this file there is the form's button.
import { all, find } from "./dom.js";
import { about } from "./requests.js";

// Of each form: the version its typing began at, what was sent, and why that failed.
const known = new WeakMap();
const knownOf = (form) => {
  if (!known.has(form)) known.set(form, {});
  return known.get(form);
};
const formOf = (element) => element?.closest?.("form[data-rename]");
// What is on its way, or was refused, is not sent again by leaving the field.
const unsaved = (form) => {
  const { value, defaultValue } = form.elements.name;
  return value.trim() !== defaultValue.trim() && value !== knownOf(form).sent;
};
const mark = (form) => form.toggleAttribute("data-unsaved", Boolean(knownOf(form).failed));
const forget = (form) => {
  known.delete(form);
  mark(form);
};
const save = (form) => {
  if (!unsaved(form)) return;
  // Nobody means an empty name by going elsewhere.
  if (form.elements.name.value.trim()) form.requestSubmit();
  else {
    form.reset();
    forget(form);
  }
};

// What was on the screen when the typing began is what is replaced: a live update may bring another name meanwhile.
document.addEventListener("input", ({ target }) => {
  const form = formOf(target);
  if (form) knownOf(form).begunAt ??= form.elements.version.value;
});
// A refusal offers another name: that is what is saved, and what stands in the field then.
document.addEventListener(
  "submit",
  ({ target, submitter }) => {
    if (formOf(target) && submitter?.name === "proposal") target.elements.name.value = submitter.value;
  },
  true,
);
document.addEventListener("reset", ({ target }) => {
  if (formOf(target)) forget(target);
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const form = formOf(target);
  if (form && formOf(relatedTarget) !== form) save(form);
});
// The field is taken away from under the cursor: by Back, by another page, by closing the window.
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const form = formOf(document.activeElement);
  if (form && ctx.target?.contains?.(form) && ctx.target.matches("main, body, #opened")) save(form);
});
addEventListener("pagehide", () => {
  const form = formOf(document.activeElement);
  if (!form || !unsaved(form) || !form.elements.name.value.trim()) return;
  const { begunAt } = knownOf(form);
  if (begunAt) form.elements.version.value = begunAt;
  navigator.sendBeacon(form.action, new FormData(form));
});

document.addEventListener(
  "htmx:before:request",
  ({ detail: { ctx } }) => {
    const form = formOf(ctx.sourceElement);
    if (!form || ctx.request.method !== "POST") return;
    const { begunAt } = knownOf(form);
    knownOf(form).sent = form.elements.name.value;
    about(ctx).renaming = form;
    if (begunAt) ctx.request.body.set("version", begunAt);
    // It arrives also when the page is left for good right after.
    ctx.request.keepalive = true;
  },
  true,
);
document.addEventListener(
  "htmx:after:request",
  ({ detail: { ctx } }) => {
    const form = about(ctx).renaming;
    if (!form) return;
    if (ctx.response.status >= 400) {
      failed(form);
      return;
    }
    form.elements.name.defaultValue = knownOf(form).sent;
    find(".refused", form)?.replaceChildren();
    forget(form);
  },
  true,
);
// What was typed stays, with the button to try again.
const failed = (form, why = "refused") => {
  Object.assign(knownOf(form), { failed: why, begunAt: undefined });
  mark(form);
};
// A live update takes the mark away, not the words.
document.addEventListener("htmx:after:swap", () => all("form[data-rename]").forEach(mark));
addEventListener("online", () =>
  all("form[data-rename]").forEach((form) => {
    if (knownOf(form).failed === "unreached") form.requestSubmit();
  }),
);
document.addEventListener(
  "htmx:error",
  (event) => {
    const { ctx } = event.detail;
    const form = about(ctx).renaming;
    if (!form) return;
    event.stopImmediatePropagation();
    failed(form, "unreached");
    const toast = find("#unsaved-name").content.cloneNode(true);
    find("p", toast).textContent = knownOf(form).sent;
    find("#toasts").append(toast);
  },
  true,
);
