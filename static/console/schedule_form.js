// Shows beside the form what the schedule would do, a moment after somebody stops typing.
const WAIT = 350;
const PATIENCE = 6000;

const form = document.querySelector("[data-previewed]");
const place = form.querySelector("[data-preview]");
const said = form.querySelector("[data-said]");
let timer = 0;
let asked = new AbortController();

async function ask() {
  asked.abort();
  asked = new AbortController();
  const mine = asked;
  const patience = window.setTimeout(() => mine.abort("late"), PATIENCE);
  try {
    const answer = await fetch(window.location.href, { method: "POST", body: new FormData(form), headers: { Accept: "text/html", "X-Part": "preview" }, redirect: "manual", signal: mine.signal });
    // Signed out, or no longer allowed: the page itself says so when it is sent.
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (mine !== asked) return;
    place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    said.textContent = "";
  } catch {
    if (mine === asked) said.textContent = "The hub does not answer.";
  } finally {
    window.clearTimeout(patience);
  }
}

function plan() {
  window.clearTimeout(timer);
  timer = window.setTimeout(ask, WAIT);
}

// What is typed is looked at by itself; the button is for browsers without scripts.
form.querySelector("[data-ask]").hidden = true;
form.addEventListener("input", plan);
form.addEventListener("change", plan);

// A new schedule begins with the zone of whoever makes it.
const zone = form.elements.zone;
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (form.querySelector("[data-begins]") && [...document.getElementById("zones").options].some((option) => option.value === here) && zone.value !== here) {
  zone.value = here;
  ask();
}
