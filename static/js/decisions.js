// Adds to working through decisions that the next one is fetched ahead, and opens by itself once one is decided.
// All of it works without this file.
import { all, find } from "./dom.js";
import { about } from "./requests.js";

const FRESH = 10_000;
const UNSEEN = { click: 600, key: 300 };

// Rows whose approval is still being stored, while the next one stands on the screen.
const behind = new Set();

// The next one ---------------------------------------------------------------------------------------------------
const isElsewhere = (link) =>
  link.pathname !== location.pathname && !link.closest("[data-not-mine]") && !behind.has(link.closest(".row").id);
const following = () => {
  const links = all("#list[data-decisions] .row .name");
  const here = links.findLastIndex((link) => link.closest(".open"));
  return [...links.slice(here + 1), ...links.slice(0, here + 1)].find(isElsewhere);
};
// The list stays as it is on the screen, so nothing of it has to be read or compared when the key is pressed.
const withoutList = (text) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  const opened = find("#opened", page);
  return opened && find("title", page).outerHTML + find("#title", page).outerHTML + opened.outerHTML;
};
let ahead = {};
const fetchAhead = async () => {
  const address = following()?.getAttribute("hx-get");
  if (!address || (ahead.address === address && Date.now() - ahead.at < FRESH)) return;
  ahead = { address, at: Date.now(), page: ahead.address === address ? ahead.page : null };
  const response = await fetch(address, { headers: { Purpose: "prefetch" } }).catch(() => null);
  const page = response?.ok && !response.redirected ? await response.text() : null;
  if (page && ahead.address === address) ahead.page = withoutList(page);
};
let timer;
const hasAhead = () => Boolean(ahead.page) && ahead.address === following()?.getAttribute("hx-get");
const fetchSoon = () => {
  clearTimeout(timer);
  timer = setTimeout(fetchAhead, 100);
};

let arriving = false;
const openCards = () => all(".decision:not([hidden], .gone)");
const goOn = (from = document.activeElement.closest(".decision")) => {
  const cards = openCards();
  const here = cards.indexOf(from);
  const link = following();
  if (cards[here + 1]) find("h3", cards[here + 1]).focus({ focusVisible: true });
  else if (link) {
    arriving = true;
    document.activeElement.blur();
    link.click();
  } else find(".timeline-scroll")?.focus({ focusVisible: false });
};
// The next one opens under the pointer, and under the finger: the second of a double click or key must not decide it.
let arrivedAt = -UNSEEN.click;
document.addEventListener(
  "click",
  (event) => {
    const unseen = arriving || performance.now() - arrivedAt < (event.detail ? UNSEEN.click : UNSEEN.key);
    if (unseen && event.target.closest(".decision button, .quick button")) event.preventDefault();
  },
  true,
);
const arrive = () => {
  arriving = false;
  arrivedAt = performance.now();
  const wanted = new URLSearchParams(location.search).get("at");
  const card = find(`#requirement_${CSS.escape(wanted)}:not([hidden])`) ?? find(".decision:not([hidden], .gone)");
  if (card) find("h3", card).focus({ focusVisible: true });
};
document.addEventListener("next-decision", () => goOn());

// An approval carries nothing that was typed, so the next one opens while it is being stored: a refusal comes as a
// toast.
const leave = (ctx, card) => {
  const row = find(`#waits_${card.id.split("_")[1]}`);
  const said = [find("code", row), find(".text b", row)].map((part) => part?.textContent.trim());
  const address = find(".name", row)?.href ?? location.href;
  about(ctx).behind = { row: row?.id, address, title: said.filter(Boolean).join(", ") };
  Object.assign(ctx, { target: document.body, swap: "none" });
  ctx.request.body.set("from", "behind");
  // It arrives also when the page is left for good right after.
  ctx.request.keepalive = true;
  behind.add(row?.id);
  queueMicrotask(() => goOn(card));
};

// While another answer is being sent and the next one is at hand, nothing is fetched for the conversation that is left.
let leaving = false;
const CHANGES = ["session-changed", "list-changed"];
const catchUp = () => CHANGES.forEach((name) => document.dispatchEvent(new Event(name)));
const hold = (event) => {
  if (leaving) event.stopImmediatePropagation();
};
CHANGES.forEach((name) => document.addEventListener(name, hold, true));

// Requests -------------------------------------------------------------------------------------------------------
const isDecision = ({ request }) => request.method === "POST" && request.action.endsWith("/decision/");
// An answer that comes late moves nobody who has opened something else, or writes, by then: their next letters would
// decide.
const FIELD = "textarea, select, input:not([type=radio], [type=checkbox]), :popover-open *";
const isStillHere = ({ path }) =>
  location.pathname === path && !find("#conversation").ariaBusy && !document.activeElement.matches(FIELD);
const beginDecision = (ctx) => {
  const row = ctx.sourceElement.closest(".row");
  const rows = all("#list .row");
  const key = row?.id.split("_")[1];
  // What is decided on the row of the open conversation is decided on its card.
  const card = ctx.sourceElement.closest(".decision") ?? (row?.matches(".open") ? find(`#requirement_${key}`) : null);
  // The row may be gone before the answer is here: a live update can be faster.
  const rowAfter = card ? "" : ((rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1])?.id ?? "");
  Object.assign(about(ctx), { path: location.pathname, card, rowAfter });
  if (!card || !hasAhead() || openCards().at(-1) !== card) return;
  if (ctx.request.submitter?.value === "approve") leave(ctx, card);
  else leaving = true;
};
document.addEventListener(
  "htmx:before:request",
  (event) => {
    const { ctx } = event.detail;
    if (isDecision(ctx)) beginDecision(ctx);
    // Only for a row: Back and Forward ask for the whole page.
    if (
      ctx.target?.id !== "opened" ||
      ctx.request.method !== "GET" ||
      ctx.request.action !== ahead.address ||
      !ahead.page
    )
      return;
    const { page } = ahead;
    ahead = {};
    // A body would be read as a stream, which takes longer than to show the page.
    ctx.fetch = async () =>
      Object.assign(new Response(null, { headers: { "Content-Type": "text/html" } }), { text: async () => page });
    about(ctx).isFromAhead = true;
  },
  true,
);
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  const { sourceElement } = ctx;
  const begun = about(ctx);
  if (begun.behind) {
    behind.delete(begun.behind.row);
    catchUp();
    return;
  }
  const stayed = isDecision(ctx) && leaving;
  if (stayed) leaving = false;
  if (isDecision(ctx) && ctx.response?.status < 400 && isStillHere(begun)) {
    if (begun.card) goOn(begun.card);
    else if (begun.rowAfter) {
      arrivedAt = performance.now();
      find(`#${begun.rowAfter} .name`)?.focus({ focusVisible: true });
    }
  }
  if (stayed && !arriving) catchUp();
  if (ctx.request.method !== "GET" || !ctx.target?.matches?.("main, #opened")) return;
  if (arriving || sourceElement?.closest?.(".toast")) arrive();
  else if (sourceElement?.closest?.(".row")) edit(find(".decision[data-mode]"));
  // The list was left as it is; and what was fetched ahead may be old, so everything on it is asked for once more.
  if (!ctx.target.matches("#opened")) return;
  requestAnimationFrame(() =>
    setTimeout(() => {
      if (begun.isFromAhead) catchUp();
      else document.dispatchEvent(new Event("list-changed"));
    }),
  );
});

// Edited arguments, and calls that are ticked -----------------------------------------------------
const weigh = (form) => {
  const fields = all("[data-was]", form);
  const changed = fields.filter((field) => field.value !== field.dataset.was);
  fields.forEach((field) => field.closest("label").classList.toggle("changed", changed.includes(field)));
  form.toggleAttribute("data-pristine", !changed.length);
};
// What was ticked was seen as it stood then, whatever a live update makes of its row: the server says what is new
// since.
const seen = new WeakMap();
const count = () => {
  const boxes = all("[name=requirement][form=bulk]");
  boxes.forEach((box) => {
    if (!box.checked) seen.delete(box);
    else if (seen.has(box)) box.value = seen.get(box);
    else seen.set(box, box.value);
  });
  // Other actions take any of them.
  const tools = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.tool));
  const approve = find("#bulk [value=approve]");
  if (approve) approve.disabled = tools.size > 1 || tools.has(undefined);
};
const edit = (card) => {
  if (card) (find("[aria-invalid]", card) ?? find(".input", card))?.focus();
};
const settle = () => {
  all("form[data-edits]").forEach(weigh);
  count();
  fetchSoon();
};
document.addEventListener("input", (event) => {
  if (event.target.form?.matches("[data-edits]")) weigh(event.target.form);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[name=requirement]")) count();
});
document.addEventListener("reset", (event) =>
  setTimeout(() => {
    if (event.target.matches("[data-edits]")) weigh(event.target);
    count();
  }),
);
document.addEventListener("DOMContentLoaded", settle);
document.addEventListener("htmx:after:swap", (event) => {
  settle();
  const card =
    event.detail.ctx?.target?.id?.startsWith("requirement_") && find(`#${event.detail.ctx.target.id}[data-mode]`);
  edit(card);
});
