// Adds that a stream is opened again where its first connection failed: the extension repeats one that was open before.
const ENDED = [401, 403, 404, 410];
// As the extension: half a second, then twice as long each time, up to a minute, and not all pages at the same moment.
const [FIRST, LONGEST] = [500, 60_000];
const failures = new WeakMap();

const openAgain = ({ target, detail }) => {
  const address = target.getAttribute?.("hx-sse:connect");
  if (!address || ENDED.includes(detail.ctx?.response?.status)) return;
  const count = (failures.get(target) ?? 0) + 1;
  failures.set(target, count);
  // Once may be chance.
  if (count > 1) document.dispatchEvent(new Event("stream-away"));
  setTimeout(
    () => {
      if (target.isConnected) htmx.ajax("GET", address, { source: target });
    },
    Math.min(FIRST * 2 ** (count - 1), LONGEST) * (0.75 + Math.random() / 2),
  );
};
document.addEventListener("htmx:error", openAgain);
document.addEventListener("htmx:response:error", openAgain);
document.addEventListener("htmx:sse:after:connection", ({ target }) => failures.delete(target));
