// Forms that ask for different things, depending on one choice; and picking some out of many by words.
for (const chooser of document.querySelectorAll("[data-chooses]")) {
  const show = () => {
    for (const part of chooser.form.querySelectorAll("[data-for]")) {
      const whole = part.matches("fieldset") ? part : part.closest(".group");
      whole.hidden = part.dataset.for !== chooser.value;
      whole.classList.toggle("hidden", whole.hidden);
    }
  };
  chooser.addEventListener("change", show);
  show();
}

for (const pick of document.querySelectorAll("[data-picks]")) {
  const words = pick.querySelector("[data-words]");
  if (!words) continue;
  const rows = [...pick.querySelectorAll(".k-choice")];
  const count = pick.querySelector("[data-count]");
  const tell = () => { count.textContent = `${pick.querySelectorAll(":checked").length} of ${rows.length} chosen`; };
  words.hidden = false;
  words.addEventListener("input", () => {
    const wanted = words.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  // Enter would send the whole form.
  words.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  pick.addEventListener("change", tell);
  tell();
}
