// One click claims a device where it stands: its row says so, and the focus goes on to the next one.
const PATIENCE = 6000;
const form = document.getElementById("presses");

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  // What is not answered in the row is asked as ever, by the page.
  if (!button?.closest("#result_list")) return;
  event.preventDefault();
  event.stopPropagation();
  button.disabled = true;
  const row = button.closest("tr");
  try {
    const answer = await fetch(button.formAction, {
      method: "POST", body: new FormData(form), headers: { "X-Part": "row" }, redirect: "manual", signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.type === "opaqueredirect" || answer.status >= 500) throw new Error(String(answer.status));
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.innerHTML = await answer.text();
    onwards(button, row);
    button.replaceWith(said);
    if (answer.ok) row.querySelectorAll("input.action-select, td a.c-link").forEach((one) => one.remove());
  } catch {
    // The page itself says what is wrong.
    form.action = button.formAction;
    form.submit();
  }
});

function onwards(button, row) {
  if (document.activeElement !== button && document.activeElement !== document.body) return;
  for (let next = row.closest("tbody").nextElementSibling; next; next = next.nextElementSibling) {
    const other = next.querySelector('button[form="presses"]');
    if (other) return other.focus({ preventScroll: true });
  }
}
