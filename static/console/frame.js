// The frame of every page of ours: the menu on narrow screens, and the switch between light and dark.
const side = document.getElementById("side");
const menu = document.getElementById("menu");
const veil = document.getElementById("veil");

function open(isOpen) {
  side.classList.toggle("is-open", isOpen);
  menu.setAttribute("aria-expanded", String(isOpen));
  veil.hidden = !isOpen;
  if (isOpen) side.querySelector("a").focus();
  else if (side.contains(document.activeElement)) menu.focus();
}

if (menu) {
  menu.addEventListener("click", () => open(menu.getAttribute("aria-expanded") !== "true"));
  veil.addEventListener("click", () => open(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") open(false);
  });
}

const themes = document.querySelectorAll("[data-theme]");

function mark() {
  for (const button of themes) {
    button.setAttribute("aria-pressed", String(button.dataset.theme === window.consoleTheme.choice()));
  }
}

for (const button of themes) {
  button.addEventListener("click", () => {
    window.consoleTheme.choose(button.dataset.theme);
    mark();
  });
}
window.addEventListener("storage", mark);
mark();
