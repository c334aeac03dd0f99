// What the scripts of a page share: looking elements up, and where the keyboard rests. It adds nothing by itself.
export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const isVisible = (element) => element.checkVisibility() && !element.disabled;
export const isField = (element) =>
  element.matches("textarea, select, input:not([type=radio], [type=checkbox])") || element.isContentEditable;
// Where the keyboard's place is when nothing else has it.
export const rest = () => (find(".timeline-scroll") ?? find("#list .scroll"))?.focus({ focusVisible: false });
