// Buttons that copy or print what is shown once; on our pages and on the theme's.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-print]");
  if (!button) return;
  if (button.dataset.copy === undefined) {
    window.print();
    return;
  }
  const said = button.textContent;
  button.textContent = (await copied(document.getElementById(button.dataset.copy))) ? "Copied" : "Selected: press Ctrl+C";
  window.setTimeout(() => { button.textContent = said; }, 2500);
});

async function copied(source) {
  const text = [...source.querySelectorAll("li")].map((item) => item.textContent.trim()).join("\n");
  try {
    await navigator.clipboard.writeText(text || source.textContent.trim());
    return true;
  } catch {
    // Without https a page may not write the clipboard: the person copies what is selected.
    window.getSelection().selectAllChildren(source);
    return false;
  }
}
