// Keeps a list true. A row that is there keeps its place and its box while somebody points at the list, has the focus in
// it or has chosen rows: then only its cells change, and what is new waits.
const EVERY = 2000;
const PATIENCE = 4000;

const form = document.getElementById("changelist-form");
const pulse = document.querySelector("[data-pulse]");
let timer = 0;
let busy = false;
let over = false;

const table = (root) => root.querySelector("#result_list");
const boxes = () => [...form.querySelectorAll("input.action-select")];
const keyOf = (body) => body.querySelector("a[href]")?.getAttribute("href");
const isHeld = () => Boolean(form.querySelector("#result_list tbody:hover, #result_list tbody:focus-within, input.action-select:checked"));

function say(text, isLost = false) {
  if (pulse.textContent !== text) pulse.textContent = text;
  pulse.classList.toggle("is-lost", isLost);
}

async function refresh() {
  if (busy || over || document.hidden) return;
  busy = true;
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html", "X-Part": "rows" }, redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
    // Signed out, or no longer allowed: the page itself says so.
    if (answer.type === "opaqueredirect" || answer.status === 403) return window.location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!over) put(fresh);
    say("Live");
  } catch {
    say("The hub does not answer. Trying again.", true);
  } finally {
    busy = false;
    plan();
  }
}

function plan() {
  window.clearTimeout(timer);
  if (document.hidden) say("Paused");
  else if (!over) timer = window.setTimeout(refresh, EVERY);
}

function put(fresh) {
  const [mine, theirs] = [table(form), table(fresh)];
  if (!mine !== !theirs) return begin();
  if (!mine) return;
  const present = new Map([...mine.tBodies].map((body) => [keyOf(body), body]));
  const rows = [...theirs.tBodies].map((body) => renewed(present.get(keyOf(body)), body));
  if (isHeld()) return;
  if (rows.length !== mine.tBodies.length || rows.some((row, at) => row !== mine.tBodies[at])) {
    for (const body of [...mine.tBodies]) if (!rows.includes(body)) body.remove();
    mine.append(...rows);
  }
  const [count, now] = [document.querySelector("[data-count]"), fresh.querySelector("[data-count]")];
  if (count && now) count.textContent = now.textContent;
}

// From nothing to the first rows, or back: what surrounds them is another page.
function begin() {
  if (!isHeld()) window.location.reload();
}

function renewed(body, next) {
  if (!body) return next;
  const cells = [...next.rows[0].cells];
  [...body.rows[0].cells].forEach((cell, at) => {
    if (cell.matches(".action-checkbox") || cell.innerHTML === cells[at].innerHTML) return;
    const hadFocus = cell.contains(document.activeElement);
    cell.innerHTML = cells[at].innerHTML;
    if (hadFocus) cell.querySelector("a, button")?.focus();
  });
  if (body.className !== next.className) body.className = next.className;
  return body;
}

// The theme knows the boxes that were there when the page came; here all of them are counted.
function count() {
  const [all, counter, toggle] = [boxes(), form.querySelector(".action-counter"), document.getElementById("action-toggle")];
  const chosen = all.filter((box) => box.checked).length;
  if (counter) counter.textContent = `${chosen} of ${all.length} selected`;
  if (toggle) toggle.checked = chosen > 0 && chosen === all.length;
}

form.addEventListener("change", (event) => {
  if (event.target.id === "action-toggle") for (const box of boxes()) box.checked = event.target.checked;
  count();
});
// Nobody asks for rows any more while the page is left.
for (const end of ["submit", "pagehide"]) window.addEventListener(end, () => { over = true; window.clearTimeout(timer); });
window.addEventListener("pageshow", () => { over = false; plan(); });
document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
plan();
