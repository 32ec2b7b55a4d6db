// Keeps where a person put the nodes of each view; only of those they moved.
const PATIENCE = 5000;
const PAUSE = 600;
const PLACES = "/api/v1/topology/positions";

export function keeping(say) {
  const kept = JSON.parse(document.getElementById("places").textContent);
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let timer = 0;
  let line = Promise.resolve();

  async function send(method, address, body) {
    try {
      const answer = await fetch(address, {
        method,
        headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      say("Saved");
    } catch (error) {
      say(`Not saved: ${error.message || "the hub does not answer"}`);
    }
  }

  // One after the other, so that an older set never comes last.
  const later = (...what) => { line = line.then(() => send(...what)); };

  function put(view, id, place) {
    kept[view][id] = { x: Math.round(place.x), y: Math.round(place.y) };
  }

  function save(view) {
    say("Saving…");
    window.clearTimeout(timer);
    timer = window.setTimeout(() => later("PUT", PLACES, { view, positions: kept[view] }), PAUSE);
  }

  function forget(view) {
    window.clearTimeout(timer);
    kept[view] = {};
    later("DELETE", `${PLACES}?view=${view}`);
  }

  return { of: (view) => kept[view], put, save, forget };
}
