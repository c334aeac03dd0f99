// Adds that resolving and snoozing lead on without a new page: to the next conversation of the list, or to the list, as
// their person wants. Without this file the server leads there.
import { all, find } from "./dom.js";
import { about } from "./requests.js";

const isClosing = ({ request }) =>
  request.method === "POST" &&
  new URL(request.action, location).pathname.endsWith("/status/") &&
  ["resolve", "snooze"].includes(request.body?.get?.("do"));
// The row may be gone before the answer is here: a live update can be faster.
const following = () => {
  const rows = all("#list .row");
  const here = rows.findIndex((row) => row.matches(".open"));
  const others = [...rows.slice(here + 1), ...rows.slice(0, Math.max(here, 0))];
  return others.map((row) => row.id);
};
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isClosing(ctx)) Object.assign(about(ctx), { path: location.pathname, rows: following() });
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { path, rows } = about(ctx);
  const toast = rows && all(".toast[data-then]").at(-1);
  // An answer that comes late moves nobody who has opened something else by then.
  if (!toast || !(ctx.response?.status < 400) || location.pathname !== path) return;
  const { then } = toast.dataset;
  const isElsewhere = (link) => link && link.pathname !== path;
  const next = rows.map((id) => find(`#${CSS.escape(id)} .name`)).find(isElsewhere);
  if (then === "next" && next) next.click();
  else if (then !== "stay") find("[data-list]", toast)?.click();
});
