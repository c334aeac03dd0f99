// Keeps an open page true where the line breaks: says so, and catches up.
(() => {
  const find = (selector) => document.querySelector(selector);
  // The stream of changes has been broken for some seconds: what stands here may be old.
  const away = () => { if (!find("#unreachable")) find("#toasts").append(find("#away").content.cloneNode(true)); };
  // A stream that was opened just before the line broke reports itself after that: no reason to take the notice away.
  const back = () => { if (navigator.onLine) find("#unreachable")?.remove(); };
  document.addEventListener("htmx:sse:error", (event) => { if (event.detail.connection?.attempt >= 2) away(); });
  document.addEventListener("htmx:sse:after:connection", back);
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
  document.addEventListener("htmx:response:error", (event) => { if (event.detail.ctx.response.status >= 500) refreshLater(event); });
  addEventListener("online", () => { back(); refresh(); });
  // A turn ends within seconds or streams words: where one seems to go on, its end may have been missed.
  setInterval(() => { if (!document.hidden && find("[data-live]")) document.dispatchEvent(new Event("session-changed")); }, 10_000);
})();
