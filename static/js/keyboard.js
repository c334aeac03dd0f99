// Adds the keys: moving along the list, deciding, writing, and Esc, which closes the innermost.
// Everything works without them.
import { all, find, isField, isVisible, rest } from "./dom.js";
import { openPalette } from "./palette.js";
import { press, shortcut } from "./shortcuts.js";

let going = 0;
const move = (step) => {
  const links = all(".row :is(.name, [data-moves])");
  const here = links.findIndex((link) => link === document.activeElement);
  const from = here >= 0 ? here : links.findIndex((link) => link.closest(".open"));
  links[Math.max(0, Math.min(links.length - 1, from + step))]?.focus({ focusVisible: true });
};
const special = {
  j: () => move(1),
  k: () => move(-1),
  n: () => document.dispatchEvent(new Event("next-decision")),
  g: () => {
    going = Date.now();
  },
  "?": () => find("#keys").togglePopover(),
  f2: () => press(shortcut("f2")),
  "/": () => press(find(".search .input")),
  "[": () => press(shortcut("[")),
  "]": () => press(shortcut("]")),
  "!": () => press(shortcut("!")),
};
const withCommand = (event) => {
  if (event.key === "Enter" && event.target.form) {
    event.preventDefault();
    const form = event.target.form;
    const main = find("button.primary, button[name].danger", form);
    // What must be reviewed first is not sent by the key that sends.
    if (main?.disabled) find(".notice a", form)?.focus();
    else form.requestSubmit(main ?? find("button:not([type=button], [type=reset], [formnovalidate])", form));
  } else if (event.key.toLowerCase() === "z" && !event.shiftKey && !isField(event.target)) {
    // The newest of what can be undone. What is being typed is undone by the browser.
    const undo = all("[aria-keyshortcuts~='Meta+Z']").filter(isVisible).at(-1);
    if (!undo) return;
    event.preventDefault();
    undo.click();
  } else if (event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  }
};
const escape = (target) => {
  if (target.closest(".rename")) {
    target.form.reset();
    rest();
  } else if (target.closest(".decision[data-mode]")) find("[data-cancel]", target.closest(".decision")).click();
  else if (target.closest("dialog, :popover-open") || find(":popover-open")) return;
  else if (isField(target)) rest();
  // What is open closes, the innermost first; then the list has the keyboard again.
  else {
    (find("#drawer header a") ?? all(".narrow-only[href]").find(isVisible))?.click();
    find(".row.open .name")?.focus({ focusVisible: true });
  }
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  // A key that is held down moves along, but it does not decide one thing after the other.
  if (event.repeat && !isField(event.target) && !/^[jk]$/i.test(event.key)) return;
  if (event.metaKey || event.ctrlKey) {
    withCommand(event);
    return;
  }
  if (event.key === "Escape") {
    escape(event.target);
    return;
  }
  const key = event.key.toLowerCase();
  if (isField(event.target) || (key !== "f2" && "keys" in document.body.dataset)) return;
  const goal = Date.now() - going < 1500 && find(`[data-go="${CSS.escape(key)}"]`);
  going = 0;
  if (event.shiftKey && key !== "?" && key !== "!") {
    // X and A with Shift tick rows (selection.js).
    const main = /^[a-z]$/.test(key) && shortcut(`shift+${key}`);
    if (main) {
      event.preventDefault();
      press(main);
    }
    return;
  }
  const action = goal
    ? () => goal.click()
    : (special[key] ?? (/^[a-z]$/.test(key) && shortcut(key) ? () => press(shortcut(key)) : null));
  if (action) {
    event.preventDefault();
    action();
  }
});
