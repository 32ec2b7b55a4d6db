// Keeps the numbers in the menu true, in ours and in the theme's; between two looks nothing is asked.
{
  const EVERY = 15000;
  const PATIENCE = 4000;
  let timer = 0;

  const plan = () => { window.clearTimeout(timer); if (!document.hidden) timer = window.setTimeout(look, EVERY); };

  async function look() {
    try {
      const answer = await fetch("/menu/waiting", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      // Whoever is signed out reads so where they click next.
      if (!answer.ok) return;
      for (const [place, number] of Object.entries(await answer.json())) show(place, number);
    } catch {
      // The number stays as it was last known; pages that live say themselves that the hub is away.
    } finally {
      plan();
    }
  }

  function show(place, number) {
    const link = document.querySelector(`:is(#side, #nav-sidebar) a[href="${CSS.escape(place)}"]`);
    if (!link) return;
    const count = link.querySelector(".c-count") ?? link.appendChild(Object.assign(document.createElement("span"), { className: "c-count" }));
    if (!number) return count.remove();
    if (count.textContent !== number) count.textContent = number;
    count.setAttribute("aria-label", `${number} waiting`);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? plan() : look()));
  plan();
}
