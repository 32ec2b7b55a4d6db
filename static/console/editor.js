// The text of a flow: its lines are counted, a file is read into it, and leaving with changes is asked about.
const text = document.querySelector("[data-editor]");
const lines = document.querySelector(".e-lines");
const place = document.querySelector("[data-place]");
const form = text.form;
let counted = 0;
let isDirty = false;

function count() {
  const number = text.value.split("\n").length;
  if (number !== counted) lines.textContent = Array.from({ length: number }, (_, line) => line + 1).join("\n");
  counted = number;
  lines.scrollTop = text.scrollTop;
}

function tell() {
  const before = text.value.slice(0, text.selectionStart).split("\n");
  place.textContent = `Line ${before.length}, column ${before.at(-1).length + 1}`;
}

function put(written) {
  text.value = written;
  isDirty = true;
  text.scrollTop = 0;
  count();
}

lines.hidden = place.hidden = false;
text.addEventListener("input", count);
text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
document.addEventListener("selectionchange", () => { if (document.activeElement === text) tell(); });
new ResizeObserver(() => { lines.scrollTop = text.scrollTop; }).observe(text);
count();
tell();

// What is in a file can be looked at before it is sent.
for (const file of form.querySelectorAll("[data-fills]")) {
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen || chosen.size > 20 * 1024 * 1024) return;
    put((await chosen.text()).replaceAll("\r\n", "\n"));
    file.value = "";
    place.textContent = `From ${chosen.name}`;
  });
}

// A new flow begins with what its kind begins with, as long as nobody has written anything else.
for (const kind of form.querySelectorAll("[data-begins]")) {
  const beginnings = new Map([...form.querySelectorAll("[data-beginning]")].map((part) => [part.dataset.beginning, part.content.textContent]));
  kind.addEventListener("change", () => {
    const isUntouched = text.value.trim() === "" || [...beginnings.values()].some((begun) => begun.trim() === text.value.trim());
    if (isUntouched) put(beginnings.get(kind.value) ?? "");
  });
}

form.addEventListener("input", () => { isDirty = true; });
form.addEventListener("submit", () => { isDirty = false; });
window.addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
