// Keeps a page true. Rows change in place; while somebody points at a list or has the focus in it, no row
// comes, goes or moves there: what is over fades, and what is new waits.
const PATIENCE = 4000;

const area = document.querySelector("[data-live]");
const EVERY = Number(area.dataset.every ?? 5000);
const pulse = document.querySelector("[data-pulse]");
let timer = 0;
let busy = false;

function say(text, isLost = false) {
  if (pulse.textContent !== text) pulse.textContent = text;
  pulse.classList.toggle("is-lost", isLost);
}

async function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const answer = await fetch(area.dataset.live, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401) return window.location.assign("/login");
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    steadily(() => put(text));
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
  else timer = window.setTimeout(refresh, EVERY);
}

function put(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of area.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (!next) continue;
    if (part.hasAttribute("data-rows")) merge(part, next);
    else if (part.innerHTML !== next.innerHTML && !isInHand(part)) part.replaceChildren(...next.childNodes);
  }
}

function isHeld(element) {
  return element.matches(":hover") || element.contains(document.activeElement);
}

// Something to press there is under the pointer, or has the focus.
function isInHand(part) {
  return part.querySelector(":is(a, button, summary):hover") !== null || part.contains(document.activeElement);
}

// Whatever grows or shrinks above the row that somebody is at, the row stays under the pointer.
function steadily(change) {
  const row = area.querySelector("[data-key]:hover") ?? area.querySelector("[data-key]:focus-within");
  const before = row?.getBoundingClientRect().top;
  change();
  const moved = row?.isConnected ? row.getBoundingClientRect().top - before : 0;
  if (moved) window.scrollBy({ top: moved, behavior: "instant" });
}

function merge(list, next) {
  const held = isHeld(list);
  const wanted = [...next.children];
  const present = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const kept = wanted.map((row) => renewed(present.get(row.dataset.key), row));
  if (!held) {
    if (!sameOrder(list, kept)) list.replaceChildren(...kept);
    return;
  }
  const still = new Set(wanted.map((row) => row.dataset.key));
  for (const row of list.children) row.classList.toggle("is-gone", !still.has(row.dataset.key));
}

function sameOrder(list, rows) {
  return list.children.length === rows.length && rows.every((row, place) => list.children[place] === row);
}

// The row itself stays, so that focus and pointer stay on it; only what it says is exchanged.
function renewed(row, next) {
  if (!row) {
    next.classList.add("is-new");
    window.setTimeout(() => next.classList.remove("is-new"), 2000);
    return next;
  }
  row.classList.remove("is-gone");
  // Both are made by one template, so they have as many parts: a link, or the cells of a table.
  const fresh = [...next.children];
  [...row.children].forEach((old, place) => renew(old, fresh[place]));
  return row;
}

function renew(old, fresh) {
  if (!fresh) return;
  const were = [...old.querySelectorAll("details")].map((part) => part.open);
  [...fresh.querySelectorAll("details")].forEach((part, place) => { part.open = were[place] ?? part.open; });
  if (old.outerHTML === fresh.outerHTML) return;
  if (old.contains(document.activeElement)) old.innerHTML = fresh.innerHTML;
  else old.replaceWith(fresh);
}

document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
plan();
