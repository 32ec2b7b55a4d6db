// Keeps what a page shows of nodes true. Cells change in place; rows keep their element, and so focus, pointer and what
// somebody has unfolded. While somebody is at a list no row comes, goes or moves there.
const EVERY = 2000;
const PATIENCE = 4000;

const source = document.querySelector("[data-fresh]");
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
    const answer = await fetch(source.dataset.fresh, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401) return window.location.assign("/login");
    // Gone, or no longer theirs: the page itself says so.
    if (answer.status === 403 || answer.status === 404) return window.location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    put(new DOMParser().parseFromString(await answer.text(), "text/html"));
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

function put(fresh) {
  for (const cell of document.querySelectorAll("[data-cell]")) {
    const next = fresh.querySelector(`[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
    if (next && cell.innerHTML !== next.innerHTML) cell.replaceChildren(...next.childNodes);
  }
  for (const list of document.querySelectorAll("[data-rows]")) {
    const next = fresh.querySelector(`[data-rows="${CSS.escape(list.dataset.rows)}"]`);
    if (next) merge(list, next);
  }
}

function merge(list, next) {
  const present = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const rows = [...next.children].map((row) => renewed(present.get(row.dataset.key), row));
  const isSame = list.children.length === rows.length && rows.every((row, place) => list.children[place] === row);
  if (!isSame && !list.matches(":hover") && !list.contains(document.activeElement)) list.replaceChildren(...rows);
}

function renewed(row, next) {
  if (!row) return next;
  const before = row.querySelectorAll("details");
  next.querySelectorAll("details").forEach((part, place) => { part.open = before[place]?.open ?? false; });
  if (row.innerHTML === next.innerHTML) return row;
  const hadFocus = row.contains(document.activeElement);
  row.replaceChildren(...next.childNodes);
  if (hadFocus) {
    row.tabIndex = -1;
    row.focus();
  }
  return row;
}

if (source) {
  document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
  plan();
}
