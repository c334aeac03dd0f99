// Adds to the inbox that a conversation opens at once, where the focus goes, and what is said when something went
// wrong. Everything works without this file.
import { all, find, rest } from "./dom.js";
import { about } from "./requests.js";

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy)
    navigator.clipboard?.writeText(copy.dataset.copy).then(() => {
      copy.dataset.copied = "";
    });
  event.target.closest("[data-dismiss]")?.closest(".toast").remove();
  if (event.target.closest("[data-newest]")) {
    event.preventDefault();
    find(".timeline-scroll").scrollTop = 0;
    find(".timeline-scroll").focus();
  }
});

document.addEventListener("DOMContentLoaded", () => find(".row.open")?.scrollIntoView({ block: "nearest" }));

// Requests -------------------------------------------------------------------------------------------------------
let left = null;
let shownBefore = null;
const source = (event) => event.detail.ctx?.sourceElement;
document.addEventListener("htmx:before:request", (event) => {
  const row = source(event)?.closest(".row");
  if (!row || event.detail.ctx.request.method !== "GET") return;
  const main = find("main");
  const pane = find("#conversation");
  // Of several that are asked for one after the other, none was shown before the first.
  if (!pane.ariaBusy)
    shownBefore = {
      panes: main.dataset.panes,
      pane: pane.className,
      content: [...pane.childNodes],
      row: find(".row.open")?.id,
    };
  all(".row.open").forEach((open) => open.classList.remove("open"));
  row.classList.add("open");
  if (main.dataset.panes === "list") main.dataset.panes = "conversation";
  if (about(event.detail.ctx).isFromAhead) return;
  pane.classList.remove("idle");
  pane.ariaBusy = "true";
  pane.replaceChildren(find("#skeleton").content.cloneNode(true));
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  // A list that was asked for before another conversation was opened would take that one's highlight away.
  const asked = new URL(ctx.request.action, location).searchParams.get("open") ?? "";
  if (ctx.sourceElement?.id === "list" && asked !== (find("#open-session")?.value ?? "")) {
    event.preventDefault();
    setTimeout(() => document.dispatchEvent(new Event("list-changed")));
    return;
  }
  left = document.activeElement;
});
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "POST" || !(ctx.response?.status < 400)) return;
  // A menu in which several things are chosen one after the other stays.
  source(event)?.closest("[popover]:popover-open:not([data-stays])")?.hidePopover();
  if (source(event)?.closest(".rename")) rest();
});
// It went well this time, so what went wrong before is old; the answer's own toast comes after this.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || ctx.response.status >= 400) return;
  all('#toasts > [data-tone="bad"]:not([role])').forEach((toast) => toast.remove());
});
// A panel that closes forgets what was typed into it: the next number is not appended to one that was refused.
document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (newState === "closed" && target.matches(".menu")) all("form", target).forEach((form) => form.reset());
  },
  true,
);
// The name stands in the page's title, too.
const entitle = (name) => {
  const title = find("#title");
  const before = title?.textContent;
  if (!name || name === before) return;
  title.textContent = name;
  document.title = document.title.replace(before, () => name);
};
// The tab says how much calls for people, also while another tab is looked at.
const count = () => {
  const views = find("#rail-views");
  if (!views) return;
  const title = document.title.trim().replace(/^\([^)]*\)\s*/u, "");
  const calls = views.dataset.calls;
  document.title = calls ? `(${calls}) ${title}` : title;
};
document.addEventListener("htmx:after:swap", count);
document.addEventListener("htmx:after:swap", () => entitle(find(".conv-head h2")?.textContent));
// What had the focus may be gone after a swap: it goes to what stands there now, so that Tab does not begin at the top
// again.
document.addEventListener("htmx:after:swap", () => {
  if (
    document.activeElement !== document.body ||
    !left ||
    left === document.body ||
    (left.isConnected && left.checkVisibility())
  )
    return;
  const card = left.closest(".decision")?.id;
  const composer = left.closest(".composer-wrap")?.id;
  const home = (card && find(`#${card}:not([hidden]) h3`)) ?? (composer && find(`#${composer} textarea`));
  if (home) home.focus();
  else rest();
});
const trouble = (ctx) => {
  const { behind } = about(ctx);
  const said = find(behind ? "#trouble-behind" : "#trouble").content.cloneNode(true);
  const link = find("a", said);
  if (behind) {
    link.href = behind.address;
    link.setAttribute("hx-get", behind.address);
    link.textContent = behind.title;
  }
  find("#toasts").append(said);
  htmx.process(find("#toasts"));
  newestOnly();
};
// Of what went wrong in general, and of rules on offer, the newest is enough; what became of one decision is said for
// each.
const newestOnly = () =>
  ["[data-offer]", '[data-tone="bad"]:not([role])'].forEach((kind) => {
    all(`#toasts > ${kind}`)
      .slice(0, -1)
      .forEach((older) => older.remove());
  });
document.addEventListener("htmx:after:swap", newestOnly);
// What could not be opened leaves on the screen what was there before.
const putBack = () => {
  const pane = find("#conversation");
  find("main").dataset.panes = shownBefore.panes;
  all(".row.open").forEach((open) => open.classList.remove("open"));
  if (shownBefore.row) find(`#${shownBefore.row}`)?.classList.add("open");
  pane.className = shownBefore.pane;
  pane.ariaBusy = null;
  pane.replaceChildren(...shownBefore.content);
};
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  const row = source(event)?.closest?.(".row");
  if (row && ctx.request.method === "GET") putBack();
  if (row || ctx?.request.method === "POST") trouble(ctx);
});
// The open conversation was erased, or belongs to others by now: its words go from the screen, what was being written
// stays.
const gone = () => {
  const pane = find("#conversation");
  const typed = pane && find("textarea", pane)?.value;
  if (!pane || find("[data-gone]")) return;
  find("#drawer")?.remove();
  find("main").dataset.panes = "conversation";
  pane.className = "conversation idle";
  pane.replaceChildren(find("#gone").content.cloneNode(true));
  // A provisional name holds words of the customer.
  entitle(find("h2", pane).textContent);
  const kept = find("label", pane);
  if (typed?.trim()) find("textarea", kept).value = typed;
  else kept.remove();
};
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  const { status } = ctx.response;
  // A page's stream repeats itself, and says by itself when it cannot.
  if (source(event)?.hasAttribute?.("hx-sse:connect")) return;
  if (status === 404 && source(event)?.matches?.("[hx-trigger*='session-changed']")) {
    gone();
    return;
  }
  if (source(event)?.closest?.(".row") && ctx.request.method === "GET") {
    putBack();
    ctx.push = false;
  }
  if (status >= 500 || [400, 403, 404].includes(status)) trouble(ctx);
});
