// Adds that an open page stays true where the line breaks: it says so, and catches up.
import { all, find } from "./dom.js";

// The stream of changes has been broken for some seconds: what stands here may be old.
const away = () => {
  if (!find("#unreachable")) find("#toasts").append(find("#away").content.cloneNode(true));
};
// A stream that was opened just before the line broke reports itself after that: no reason to take the notice away.
const back = () => {
  if (navigator.onLine) find("#unreachable")?.remove();
};
document.addEventListener("htmx:sse:error", ({ detail }) => {
  if (![401, 404, 410].includes(detail.status) && detail.connection?.attempt >= 2) away();
});
document.addEventListener("stream-away", away);
document.addEventListener("htmx:sse:after:connection", back);

// Signed out meanwhile, or in want of a second factor: the page stays as it is with all that is written in it, and says
// so.
const stopped = (why) => {
  if (why === null || find("#sign-in-again")) return;
  const said = find("#signed-out").content.cloneNode(true);
  const which = why === "second-factor" ? why : "";
  all("[data-why]", said).forEach((part) => {
    if (part.dataset.why !== which) part.remove();
  });
  const link = find("a", said);
  const next = new URLSearchParams({ next: location.pathname + location.search, ended: why });
  link.href += `?${next}`;
  find("#unreachable")?.remove();
  find("#toasts").append(said);
};
const whyOf = (response) => response?.headers?.get("Kern-Sign-In") ?? (response?.status === 401 ? "" : null);
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => stopped(whyOf(ctx.response?.raw)));
document.addEventListener("htmx:sse:error", ({ detail }) => {
  if (detail.status === 401) stopped("");
});
// The last that a stream says when its sign-in has ended.
document.addEventListener("signed-out", ({ detail }) => stopped(detail.data));
// Signed in again, in another tab: forms need the key that came with it.
const goOn = async () => {
  if (document.hidden || !find("#sign-in-again")) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const key = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await response.text())?.[1];
  all("[name=csrfmiddlewaretoken]").forEach((field) => {
    if (key) field.value = key;
  });
  find("#sign-in-again")?.remove();
  // As when the line comes back: what was not kept is kept now, what changed is fetched.
  dispatchEvent(new Event("online"));
};
document.addEventListener("visibilitychange", goOn);
document.addEventListener("htmx:sse:after:connection", goOn);
addEventListener("focus", goOn);

addEventListener("offline", away);
if (!navigator.onLine) away();

// What could not be fetched anew is asked for again until it can: the change that it missed is not told twice.
const refresh = () => ["session-changed", "list-changed"].forEach((name) => document.dispatchEvent(new Event(name)));
let retry;
const refreshLater = (event) => {
  if (!event.detail.ctx?.sourceElement?.matches?.("[hx-trigger*='-changed']")) return;
  clearTimeout(retry);
  retry = setTimeout(refresh, 3000);
};
document.addEventListener("htmx:error", refreshLater);
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) refreshLater(event);
});
addEventListener("online", () => {
  back();
  refresh();
});
// A turn ends within seconds or streams words: where one seems to go on, its end may have been missed.
setInterval(() => {
  if (!document.hidden && find("[data-live]")) document.dispatchEvent(new Event("session-changed"));
}, 10_000);
