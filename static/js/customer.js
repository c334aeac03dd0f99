// Adds to the customer's page that what was typed and not sent survives a reload, in this tab alone.
import { all, find } from "./dom.js";

const remember = (box) => {
  // The form's address: a form that came back with a mistake stands at another one than the page did.
  const name = `unsent-${new URL(box.form.action).pathname}`;
  // What stands in the conversation was sent, from this page or from the one where it began.
  const said = all(".entry.customer .words").map((words) => words.textContent.trim());
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith("unsent-"))
    .forEach((key) => {
      if (said.includes(sessionStorage.getItem(key).trim())) sessionStorage.removeItem(key);
    });
  const keep = () => {
    sessionStorage.removeItem(name);
    // A text of millions of letters is more than a tab remembers.
    try {
      if (box.value.trim()) sessionStorage.setItem(name, box.value);
    } catch {
      /* It stands in the box all the same. */
    }
  };
  // Somebody may have typed before this file was there.
  if (box.value) keep();
  else box.value = sessionStorage.getItem(name) ?? "";
  document.dispatchEvent(new Event("words-restored"));
  box.addEventListener("input", keep);
};
const box = find("textarea[name=message]");
if (box) remember(box);

// The link was revoked or its time is over: no answer is written here any more. The page fetches what says so, and what
// is typed stays to be copied.
const stop = ({ status }) => {
  if (status === 410) find("#answering")?.remove();
};
document.addEventListener("htmx:sse:error", ({ detail }) => stop(detail));
document.addEventListener("htmx:response:error", ({ detail }) => stop(detail.ctx.response));
