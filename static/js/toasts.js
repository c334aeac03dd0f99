// Adds that a toast which wants no answer leaves by itself after a while, not while the pointer or the focus is on it.
// Without this file it stays until the next page.
import { all } from "./dom.js";

const LASTS = 10_000;
const timers = new WeakMap();
const isHeld = (toast) => toast.matches(":hover, :focus-within");
const wait = (toast) => {
  clearTimeout(timers.get(toast));
  timers.set(
    toast,
    setTimeout(() => {
      if (!isHeld(toast)) toast.remove();
    }, LASTS),
  );
};
// A person who works fast has a handful of them, no wall.
const MOST = 3;
const begin = () => {
  all(".toast[data-fleeting]")
    .slice(0, -MOST)
    .forEach((toast) => toast.remove());
  all(".toast[data-fleeting]").forEach((toast) => {
    if (timers.has(toast)) return;
    wait(toast);
    // Its time begins anew once it is let go.
    ["pointerleave", "focusout"].forEach((name) => toast.addEventListener(name, () => wait(toast)));
  });
};
document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:after:swap", begin);
