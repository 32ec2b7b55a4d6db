// What the hand wants, from -1 to 1 each way: by pad, by keys, by buttons. Whatever lets go is zero.
const KEYS = {
  ArrowUp: "up", KeyW: "up", ArrowDown: "down", KeyS: "down",
  ArrowLeft: "left", KeyA: "left", ArrowRight: "right", KeyD: "right",
};
const WAYS = { up: [1, 0], down: [-1, 0], left: [0, 1], right: [0, -1] };
const TYPING = "input, select, textarea";

export function hand(pad, knob, buttons, wants) {
  const held = new Set();
  let finger = null;
  let drawn = [0, 0];
  let on = false;

  function tell(forwards, left) {
    drawn = [forwards, left];
    const reach = (pad.clientWidth - knob.clientWidth) / 2;
    knob.style.setProperty("transform", `translate(${-left * reach}px, ${-forwards * reach}px)`);
    pad.classList.toggle("is-held", forwards !== 0 || left !== 0);
    if (on) wants(forwards, left);
  }

  function byWays() {
    const ways = [...held].map((way) => WAYS[way]);
    const sum = (place) => Math.max(-1, Math.min(1, ways.reduce((total, way) => total + way[place], 0)));
    tell(sum(0), sum(1));
  }

  function letGo() {
    held.clear();
    finger = null;
    tell(0, 0);
  }

  function byPad(event) {
    const { left, top, width, height } = pad.getBoundingClientRect();
    const [x, y] = [(2 * (event.clientX - left)) / width - 1, (2 * (event.clientY - top)) / height - 1];
    const far = Math.max(1, Math.hypot(x, y));
    tell(-y / far, -x / far);
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!on || finger !== null) return;
    finger = event.pointerId;
    pad.setPointerCapture(finger);
    byPad(event);
  });
  pad.addEventListener("pointermove", (event) => event.pointerId === finger && byPad(event));
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    pad.addEventListener(name, (event) => event.pointerId === finger && letGo());
  }

  for (const button of buttons) {
    const way = button.dataset.hold;
    button.addEventListener("pointerdown", (event) => { button.setPointerCapture(event.pointerId); press(way); });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(name, () => lift(way));
    button.addEventListener("keydown", (event) => event.code === "Enter" && (event.preventDefault(), press(way)));
    button.addEventListener("keyup", (event) => event.code === "Enter" && lift(way));
  }

  function press(way) {
    if (!on) return;
    held.add(way);
    byWays();
  }

  function lift(way) {
    if (held.delete(way)) byWays();
  }

  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.altKey || event.metaKey || event.target.matches(TYPING)) return;
    if (event.code === "Space") letGo();
    else if (KEYS[event.code]) press(KEYS[event.code]);
    else return;
    event.preventDefault();
  });
  // A button that has the focus is not pressed by the key that stops.
  document.addEventListener("keyup", (event) => {
    if (on && event.code === "Space" && !event.target.matches(TYPING)) event.preventDefault();
    if (KEYS[event.code]) lift(KEYS[event.code]);
  });
  window.addEventListener("blur", letGo);

  return {
    letGo,
    drawn: () => drawn,
    enable(isOn) {
      letGo();
      on = isOn;
      pad.setAttribute("aria-disabled", String(!isOn));
      for (const button of buttons) button.disabled = !isOn;
    },
  };
}
