// Adds that times on an open page grow older: they are written anew now and then, with the server's own words.
import { all, find } from "./dom.js";

const { now, tables } = JSON.parse(find("#spans").textContent);
// What is left until something expires is counted by the server's clock, whatever this computer's says.
const ahead = Date.now() - now * 1000;
const said = (seconds, way) => {
  const words = tables[way].find(([limit]) => limit === null || seconds < limit)[1];
  const whole = (size) => Math.max(0, Math.floor(seconds / size));
  const units = {
    weeks: whole(604800),
    days: whole(86400),
    hours: whole(3600),
    minutes: whole(60),
    rest: whole(60) % 60,
  };
  return words.replace(/\{(\w+)\}/g, (_, unit) => units[unit]);
};
const age = () =>
  all("time[data-way]").forEach((time) => {
    const past = (Date.now() - ahead - Date.parse(time.dateTime)) / 1000;
    const { way, future } = time.dataset;
    const words = said(future === undefined ? past : -past, way);
    if (time.textContent !== words) time.textContent = words;
  });

// A customer has no account, so the server writes its own zone; this computer knows theirs.
const isCustomer = document.body.classList.contains("customer-page");
const parts = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
};
const here = new Intl.DateTimeFormat(document.documentElement.lang || undefined, parts);
const localise = () =>
  all("time[title]").forEach((time) => {
    const words = here.format(new Date(time.dateTime));
    if (time.title !== words) time.title = words;
  });
const update = () => {
  age();
  if (isCustomer) localise();
};
update();
document.addEventListener("htmx:after:swap", update);

// A person's zone is told once, where the sign-in did not; it holds from the next page on.
const form = find("#zone");
if (form && !sessionStorage.getItem("zone-told")) {
  form.elements.browser_zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  sessionStorage.setItem("zone-told", "1");
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" }).catch(
    () => {},
  );
}

setInterval(() => {
  if (!document.hidden) update();
}, 15_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) update();
});
