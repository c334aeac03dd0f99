// The sign-in form tells the zone of this computer's clock; it counts until the person chooses another one.
(() => {
  const field = document.querySelector("input[name=browser_zone]");
  if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
})();
