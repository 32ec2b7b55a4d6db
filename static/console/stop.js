// One press stops. The page stays where it is, so that nothing is between the hand and the next press.
const PATIENCE = 8000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-stop]")) return;
  event.preventDefault();
  stop(form);
});

async function stop(form) {
  say(form, "Stopping…");
  try {
    const answer = await fetch(form.dataset.stop, {
      method: "POST",
      headers: { "X-CSRF-Token": form.querySelector("[name=csrfmiddlewaretoken]").value },
      keepalive: true,
      signal: AbortSignal.timeout(PATIENCE),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    say(form, `Stop sent at ${new Date().toLocaleTimeString()}`);
  } catch (error) {
    const why = error.name === "TimeoutError" || error instanceof TypeError ? "the hub does not answer" : error.message;
    say(form, `NOT STOPPED: ${why}. Press again, or stop it by hand.`, true);
  }
}

function say(form, text, isBad = false) {
  const place = form.querySelector("[data-said]");
  place.textContent = text;
  place.classList.toggle("is-bad", isBad);
}
