// What keys press: the element that says so in `aria-keyshortcuts`, nearest to where the keyboard is. It adds nothing
// by itself.
import { all, find, isField, isVisible } from "./dom.js";

export const shortcut = (name) => {
  const wanted = (element) =>
    element.getAttribute("aria-keyshortcuts").toLowerCase().split(" ").includes(name) && isVisible(element);
  const near = document.activeElement.closest(".decision, .row") ?? find(".decision:not([hidden], .gone)");
  // A row is decided only with the cursor on it.
  return (near && all("[aria-keyshortcuts]", near).find(wanted)) ?? all("[aria-keyshortcuts]:not(.row *)").find(wanted);
};
export const press = (element) => {
  if (!element) return;
  if (element.matches("[name=kind]")) {
    element.click();
    find("textarea", element.form).focus();
  } else if (isField(element)) {
    element.focus();
    element.select();
  } else element.click();
};
