// Follows what a run writes. Whoever scrolls up reads in peace: lines still come, below, and nothing moves.
const EVERY = 1000;
const PATIENCE = 4000;
const MOST = 5000;

const log = document.querySelector("[data-log]");
const follow = document.querySelector("[data-follow]");
let timer = 0;
let busy = false;
let missed = 0;

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 24;

function toEnd() {
  log.scrollTop = log.scrollHeight;
  missed = 0;
  follow.hidden = true;
}

async function refresh() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const after = log.lastElementChild?.dataset.line ?? "0";
    const answer = await fetch(`${log.dataset.log}?after=${after}`, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE) });
    // Signed out: the other script of the page leads to the login.
    if (answer.ok) put(await answer.text());
  } catch {
    // The hub does not answer, which the page says above.
  } finally {
    busy = false;
    plan();
  }
}

function put(text) {
  const fresh = new DOMParser().parseFromString(`<ol>${text}</ol>`, "text/html").querySelectorAll("li");
  if (!fresh.length) return;
  const wasAtEnd = isAtEnd();
  log.append(...fresh);
  if (wasAtEnd) {
    while (log.children.length > MOST) log.firstElementChild.remove();
    toEnd();
    return;
  }
  missed += fresh.length;
  follow.textContent = missed === 1 ? "1 new line" : `${missed} new lines`;
  follow.hidden = false;
}

function plan() {
  window.clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(refresh, EVERY);
}

follow.addEventListener("click", () => { toEnd(); log.focus(); });
log.addEventListener("scroll", () => { if (isAtEnd()) toEnd(); }, { passive: true });
document.addEventListener("visibilitychange", () => (document.hidden ? plan() : refresh()));
toEnd();
plan();
