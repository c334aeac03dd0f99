// Adds that what is written and not sent yet stays what it was (reply, note, question). The server keeps it for its
// writer, on each of their devices; this tab remembers what the server does not have yet.
import { all, find } from "./dom.js";
import { about } from "./requests.js";

const WAIT = 1000;
const AGAIN = 5000;
// Browsers take no longer bodies of requests that outlive their page.
const OUTLIVES = 60_000;
const PAGE = Math.random().toString(36).slice(2);
const forms = () => all("form[data-draft]");
const nameOf = (form) => `draft-${form.dataset.draft}`;
const stored = (name) => JSON.parse(sessionStorage.getItem(name) ?? "null");
// A text of millions of letters is more than a tab remembers; it stands in the box all the same.
const put = (name, draft) => {
  try {
    sessionStorage.setItem(name, JSON.stringify(draft));
  } catch {
    sessionStorage.removeItem(name);
  }
};
const tellRoom = () => document.dispatchEvent(new Event("words-restored"));

// Keeping on the server --------------------------------------------------------------------------------------------
const busy = new Set();
const timers = new Map();
const later = (form, wait = WAIT) => {
  clearTimeout(timers.get(nameOf(form)));
  timers.set(
    nameOf(form),
    setTimeout(() => save(form), wait),
  );
};
const save = async (form) => {
  const name = nameOf(form);
  const draft = stored(name);
  clearTimeout(timers.get(name));
  if (!draft?.dirty || form.dataset.sending !== undefined) return;
  // One at a time: each tells the next which version it knows.
  if (busy.has(name)) {
    later(form);
    return;
  }
  busy.add(name);
  const body = new URLSearchParams(new FormData(form));
  body.set("body", draft.body);
  body.set("kind", draft.kind);
  const headers = { "HX-Request": "true" };
  const keepalive = body.toString().length < OUTLIVES;
  const answer = await fetch(form.dataset.keep, { method: "POST", body, headers, keepalive }).catch(() => null);
  const place = answer?.ok && (await answer.text().catch(() => null));
  busy.delete(name);
  const now = stored(name);
  // What the server refuses it will refuse again.
  if (!place) {
    if (now?.dirty && !(answer?.status < 500)) later(form, AGAIN);
    return;
  }
  const version = Number(/name="base" value="(\d+)"/.exec(place)?.[1] ?? 0);
  if (now) put(name, { ...now, version, dirty: now.body !== draft.body || now.kind !== draft.kind });
  const shown = forms().find((other) => nameOf(other) === name);
  const kept = shown && find(".kept", shown);
  if (!kept) return;
  kept.outerHTML = place;
  htmx.process(find(".kept", shown));
  if (stored(name)?.dirty) later(shown);
};
const saveAll = () => forms().forEach(save);
addEventListener("pagehide", saveAll);
addEventListener("online", saveAll);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) saveAll();
});

const keep = (form) => {
  const version = Number(form.elements.base.value);
  put(nameOf(form), { kind: form.elements.kind.value, body: form.elements.body.value, version, dirty: true });
  later(form);
};
const restore = (form) => {
  const draft = stored(nameOf(form));
  form.elements.page.value = PAGE;
  // The page may have been made before what was typed here arrived.
  if (draft?.dirty || draft?.version > Number(form.elements.base.value)) {
    form.elements.body.value = draft.body;
    form.elements.kind.value = draft.kind;
    if (draft.dirty) later(form);
  } else if (draft && !form.elements.body.value) form.elements.kind.value = draft.kind;
};

const changed = (event) => {
  const { form } = event.target;
  if (!form?.dataset.draft || !["body", "kind"].includes(event.target.name)) return;
  // What was on the screen when the writing began is what the writer has seen.
  if (!stored(nameOf(form))?.body.trim() && !find(".notice:not(.kept *)", form)) {
    form.elements.seen.value = Math.max(form.elements.seen.value, find("ol[data-seen]")?.dataset.seen ?? 0);
  }
  find(".preview", form)?.remove();
  keep(form);
};
document.addEventListener("input", changed);
document.addEventListener("DOMContentLoaded", () => {
  const isAsked = new URLSearchParams(location.search).has("draft");
  forms().forEach((form) => {
    if (isAsked && form.elements.body.value) keep(form);
    restore(form);
  });
  tellRoom();
});
document.addEventListener("htmx:after:swap", (event) => {
  // An agent's draft that was asked for, and words from another page, come with what was typed.
  const action = event.detail.ctx?.request?.action ?? "";
  const isAsked = /\/(composer|unsent)\/(\?|$)/.test(action);
  forms().forEach((form) => {
    if (isAsked) keep(form);
    restore(form);
  });
  tellRoom();
});
// Before another conversation is shown in this one's place.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.request.method === "GET" && ctx.sourceElement?.closest?.(".row")) saveAll();
});

// Sending ----------------------------------------------------------------------------------------------------------
const isSending = (ctx, form) =>
  form &&
  ctx.request.method === "POST" &&
  ctx.request.submitter?.value !== "draft" &&
  new URL(ctx.request.action, location).pathname === new URL(form.action).pathname;
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement?.closest?.("form[data-draft]");
  if (!isSending(ctx, form)) return;
  about(ctx).sent = { name: nameOf(form), body: form.elements.body.value, kind: form.elements.kind.value, form };
  form.dataset.sending = "";
  clearTimeout(timers.get(nameOf(form)));
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { sent } = about(ctx);
  if (sent) delete sent.form.dataset.sending;
});
// Before the swap, and also where there is none because another conversation is open by now.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const { sent } = about(ctx);
  const { response } = ctx;
  const draft = sent && (stored(sent.name) ?? { body: sent.body, kind: sent.kind });
  if (!draft || response.status >= 400) return;
  // What was typed while it was on its way is the beginning of the next.
  const rest = draft.body.startsWith(sent.body) ? draft.body.slice(sent.body.length).trimStart() : draft.body;
  put(sent.name, { ...draft, body: rest, version: 0, dirty: Boolean(rest) });
  const shown = forms().find((form) => nameOf(form) === sent.name && form.elements.body.value === sent.body);
  if (shown) shown.elements.body.value = rest;
});
