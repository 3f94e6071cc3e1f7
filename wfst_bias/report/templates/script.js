"use strict";
// The page reads without this: it filters the utterances, plays one sound at a time and opens what is printed.
const form = document.getElementById("filter");

function filter() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = [...form.querySelectorAll("input:checked")].map((box) => box.value);
  let shown = 0;
  const changes = document.querySelectorAll(".change");
  for (const change of changes) {
    const own = change.dataset.kinds.split(" ");
    const text = change.textContent.toLowerCase();
    const fits = (!kinds.length || kinds.some((kind) => own.includes(kind))) && words.every((word) => text.includes(word));
    change.hidden = !fits;
    shown += fits;
  }
  const filtered = words.length || kinds.length;
  for (const step of document.querySelectorAll("#changes details")) {
    const left = step.querySelectorAll(".change:not([hidden])").length;
    if (filtered) step.open = left > 0;
  }
  form.querySelector("output").textContent = filtered ? `${shown} of ${changes.length}` : `${changes.length} shown`;
}

if (form) {
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}
document.addEventListener(
  "play",
  (event) => document.querySelectorAll("audio").forEach((audio) => audio !== event.target && audio.pause()),
  true
);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => (one.open = true)));
