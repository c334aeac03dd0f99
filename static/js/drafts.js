// What is written and not sent yet: it survives another conversation and a reload, and stays what it was (reply, note, question).
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const nameOf = (form) => `draft-${form.dataset.draft}`;
  const stored = (name) => JSON.parse(sessionStorage.getItem(name) ?? "null");
  const put = (name, draft) => { if (draft?.body.trim()) sessionStorage.setItem(name, JSON.stringify(draft)); else sessionStorage.removeItem(name); };
  const keep = (form) => put(nameOf(form), { kind: form.elements.kind.value, body: form.elements.body.value });
  const restore = (form) => {
    const draft = stored(nameOf(form));
    if (draft) { form.elements.body.value = draft.body; form.elements.kind.value = draft.kind; }
  };

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.dataset.draft) return;
    // What was on the screen when the writing began is what the writer has seen.
    if (!stored(nameOf(form)) && !find(".notice", form)) {
      form.elements.seen.value = Math.max(form.elements.seen.value, find("ol[data-seen]").dataset.seen);
    }
    keep(form);
  });
  document.addEventListener("DOMContentLoaded", () => {
    all("form[data-draft]").forEach((form) => { if (form.elements.body.value) keep(form); else restore(form); });
  });
  document.addEventListener("htmx:after:swap", (event) => {
    // An agent's draft that was asked for comes with what was typed; else what is stored is newer than what the server knew.
    const asked = event.detail.ctx?.request?.method === "GET" && event.detail.ctx.request.action.includes("/composer/");
    all("form[data-draft]").forEach(asked ? keep : restore);
  });

  // Sending --------------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail, form = ctx.sourceElement?.closest?.("form[data-draft]");
    if (form && ctx.request.method === "POST" && ctx.request.submitter?.value !== "draft") {
      ctx.sent = { name: nameOf(form), body: form.elements.body.value };
    }
  });
  // Before the swap, and also where there is none because another conversation is open by now.
  document.addEventListener("htmx:after:request", (event) => {
    const { sent, response } = event.detail.ctx, draft = sent && stored(sent.name);
    if (!draft || response.status >= 400) return;
    // What was typed while it was on its way is the beginning of the next.
    const rest = draft.body.startsWith(sent.body) ? draft.body.slice(sent.body.length).trimStart() : draft.body;
    put(sent.name, { ...draft, body: rest });
    const shown = all("form[data-draft]").find((form) => nameOf(form) === sent.name && form.elements.body.value === sent.body);
    if (shown) shown.elements.body.value = rest;
  });
})();
