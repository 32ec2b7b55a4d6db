// Keeps what a page shows of nodes true. Whatever both have stays the same element, and so keeps focus, selection and
// what somebody has unfolded. What is pointed at never moves: a change that would push it waits.
const EVERY = 2000;
const PATIENCE = 4000;

const source = document.querySelector("[data-fresh]");
const pulse = document.querySelector("[data-pulse]");
// A finger leaves the pointer wherever it touched last.
const points = window.matchMedia("(hover: hover)");
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
    // Gone, or no longer theirs: the page itself says so. It is asked for by its address, since what is shown may be the
    // answer to a form, which must not be sent again.
    if (answer.status === 403 || answer.status === 404) return window.location.assign(source.dataset.home);
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
  const held = points.matches ? [...document.querySelectorAll("tr:hover, li:hover, a:hover, button:hover, summary:hover")].at(0) : null;
  for (const cell of document.querySelectorAll("[data-cell]")) {
    const next = fresh.querySelector(`[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
    const row = cell.closest("#result_list tr");
    if (row) row.classList.toggle("is-gone", !next);
    if (next && !cell.querySelector("[data-rows]")) change(cell, next, held);
  }
  for (const list of document.querySelectorAll("[data-rows]")) {
    const next = fresh.querySelector(`[data-rows="${CSS.escape(list.dataset.rows)}"]`);
    if (next) merge(list, next, held);
  }
}

function change(part, next, held) {
  if (part.innerHTML === next.innerHTML) return;
  const before = part.cloneNode(true);
  const place = held?.getBoundingClientRect().top;
  match(part, next);
  if (held?.isConnected && held.getBoundingClientRect().top !== place) match(part, before);
}

function merge(list, next, held) {
  const present = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const still = new Set([...next.children].map((row) => row.dataset.key));
  const isHeld = list.matches(":hover") || list.contains(document.activeElement);
  for (const row of list.children) row.classList.toggle("is-gone", isHeld && !still.has(row.dataset.key));
  const rows = [...next.children].map((row) => {
    const known = present.get(row.dataset.key);
    if (known) change(known, row, held);
    return known ?? row;
  });
  const isSame = list.children.length === rows.length && rows.every((row, place) => list.children[place] === row);
  if (!isSame && !isHeld) list.replaceChildren(...rows);
}

// Makes one element say what another says.
function match(old, fresh) {
  const kept = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  wanted.forEach((node, place) => {
    const before = kept[place];
    // A form that somebody has opened is theirs until they close it.
    if (before?.nodeType === Node.ELEMENT_NODE && before.matches("[data-kept][open]")) return;
    if (!before) old.append(node);
    else if (before.nodeName !== node.nodeName) before.replaceWith(node);
    else if (before.nodeType !== Node.ELEMENT_NODE) before.data = node.data;
    else {
      attributes(before, node);
      match(before, node);
    }
  });
  for (const node of kept.slice(wanted.length)) node.remove();
}

function attributes(old, fresh) {
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  // What is unfolded is the reader's, and not the hub's.
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
}

document.querySelector(".f-keep")?.addEventListener("toggle", ({ target }) => target.open && target.querySelector("input[name=name]").focus());

document.querySelector(".f-tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

if (source) {
  document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
  plan();
}
