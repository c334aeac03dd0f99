// Text boxes say how much room is left before a text is too long. Nothing is cut: the server says no, and gives all of it back.
(() => {
  const NEAR = 0.9;
  // As the server counts: without blank ends, a line end as one, and a character as one however many units it takes here.
  const count = (text) => {
    const body = text.trim();
    let pairs = 0;
    for (let i = 0; i < body.length; i++) if ((body.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
    return body.length - pairs;
  };
  const place = (box) => {
    if (box.nextElementSibling?.matches(".room")) return box.nextElementSibling;
    const made = Object.assign(document.createElement("output"), { className: "room" });
    box.after(made);
    return made;
  };
  const tell = (box) => {
    const most = Number(box.dataset.most);
    // A text of few units has few characters: nothing is counted while somebody types a short one.
    const have = box.value.length < most * NEAR ? 0 : count(box.value);
    if (have < most * NEAR) { if (box.nextElementSibling?.matches(".room")) box.nextElementSibling.remove(); return; }
    const room = place(box), n = Math.abs(most - have).toLocaleString(document.documentElement.lang);
    room.textContent = (have > most ? box.dataset.over : box.dataset.left).replace("{n}", n);
    room.classList.toggle("over", have > most);
  };
  const tellAll = () => document.querySelectorAll("textarea[data-most]").forEach(tell);
  document.addEventListener("input", ({ target }) => { if (target.matches("textarea[data-most]")) tell(target); });
  document.addEventListener("DOMContentLoaded", tellAll);
  document.addEventListener("htmx:after:swap", tellAll);
  document.addEventListener("words-restored", tellAll);
})();
