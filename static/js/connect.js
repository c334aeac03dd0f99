// Adds to a page's stream what its extension leaves out: it is opened again where its first connection failed, and a
// refusal for good is told to the page.
const SIGNED_OUT = [401, 403];
// The conversation was erased or may not be seen any more; the customer's link was revoked or its time is over.
const GONE = [404, 410];
// As the extension: half a second, then twice as long each time, up to a minute, and not all pages at the same moment.
const [FIRST, LONGEST] = [500, 60_000];
const failures = new WeakMap();
const ended = new WeakSet();
const addressOf = (target) => target.getAttribute?.("hx-sse:connect");

const open = (target) => {
  if (target.isConnected) htmx.ajax("GET", addressOf(target), { source: target });
};
// The page fetches what says so, and goes on with the changes of its list alone where it has one.
const endFor = (target, status) => {
  ended.add(target);
  const { pathname, searchParams } = new URL(addressOf(target), location.href);
  if (status === 404 && searchParams.has("session")) {
    searchParams.delete("session");
    target.setAttribute("hx-sse:connect", `${pathname}?${searchParams}`);
    setTimeout(() => {
      ended.delete(target);
      open(target);
    });
  }
  document.dispatchEvent(new Event("session-changed"));
};
const openAgain = ({ target, detail }) => {
  const status = detail.ctx?.response?.status;
  if (!addressOf(target) || SIGNED_OUT.includes(status)) return;
  if (GONE.includes(status)) {
    endFor(target, status);
    return;
  }
  const count = (failures.get(target) ?? 0) + 1;
  failures.set(target, count);
  // Once may be chance.
  if (count > 1) document.dispatchEvent(new Event("stream-away"));
  setTimeout(() => open(target), Math.min(FIRST * 2 ** (count - 1), LONGEST) * (0.75 + Math.random() / 2));
};
document.addEventListener("htmx:error", openAgain);
document.addEventListener("htmx:response:error", openAgain);
document.addEventListener("htmx:sse:after:connection", ({ target }) => failures.delete(target));
// The extension repeats a stream that was open before, whatever it is answered.
document.addEventListener("htmx:sse:error", ({ target, detail }) => {
  if (GONE.includes(detail.status)) endFor(target, detail.status);
});
document.addEventListener("htmx:sse:before:connection", (event) => {
  if (ended.has(event.target)) event.preventDefault();
});
