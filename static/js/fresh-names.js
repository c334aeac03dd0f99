// Selects a provisional name when the cursor comes to it: what is typed takes its place.
// Loaded before the page's body and no module, since the browser puts the cursor into a field (autofocus) before
// modules run: what was typed in between would be added to the old name.
document.addEventListener("focusin", ({ target }) => {
  const isUntouched = target.value === target.defaultValue;
  if (target.matches('[data-kind="provisional"] form[data-naming] .input') && isUntouched) target.select();
});
