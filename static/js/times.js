// Times on an open page grow older: what the server said of them is said anew now and then, with the server's own words.
(() => {
  const { now, tables } = JSON.parse(document.querySelector("#spans").textContent);
  // What is left until something expires is counted by the server's clock, whatever this computer's says.
  const ahead = Date.now() - now * 1000;
  const said = (seconds, way) => {
    const words = tables[way].find(([limit]) => limit === null || seconds < limit)[1];
    const whole = (size) => Math.max(0, Math.floor(seconds / size));
    const units = { weeks: whole(604800), days: whole(86400), hours: whole(3600), minutes: whole(60), rest: whole(60) % 60 };
    return words.replace(/\{(\w+)\}/g, (_, unit) => units[unit]);
  };
  const age = () => document.querySelectorAll("time[data-way]").forEach((time) => {
    const past = (Date.now() - ahead - Date.parse(time.dateTime)) / 1000, { way, future } = time.dataset;
    const words = said(future === undefined ? past : -past, way);
    if (time.textContent !== words) time.textContent = words;
  });
  setInterval(() => { if (!document.hidden) age(); }, 15_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) age(); });
})();
