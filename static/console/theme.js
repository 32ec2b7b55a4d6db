// Loaded before anything is drawn, so that a dark page never flashes white. The theme's own pages store the choice
// under the same name.
(() => {
  const KEY = "adminTheme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      const stored = JSON.parse(localStorage.getItem(KEY) ?? '"auto"');
      return ["light", "dark", "auto"].includes(stored) ? stored : "auto";
    } catch {
      return "auto";
    }
  }

  function show() {
    const isDark = choice() === "dark" || (choice() === "auto" && dark.matches);
    document.documentElement.classList.toggle("dark", isDark);
    document.documentElement.classList.toggle("light", !isDark);
  }

  function choose(theme) {
    localStorage.setItem(KEY, JSON.stringify(theme));
    show();
  }

  dark.addEventListener("change", show);
  window.addEventListener("storage", show);
  window.consoleTheme = { choice, choose };
  show();
})();
