// Nodes are moved by mouse, finger and arrow keys, and opened by a click or Enter.
const STEP = 10;
const FAR = 50;
const SLACK = 4;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function movable(layer, { placeOf, scale, move, moved, open, focus }) {
  let held = null;

  layer.addEventListener("pointerdown", (event) => {
    const group = event.target.closest("[data-node]");
    if (!group || event.button) return;
    const id = group.dataset.node;
    held = { id, group, x: event.clientX, y: event.clientY, from: placeOf(id), far: false };
    group.setPointerCapture(event.pointerId);
  });
  layer.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    held.far ||= Math.hypot(dx, dy) > SLACK;
    if (!held.far) return;
    held.group.classList.add("is-held");
    move(held.id, { x: held.from.x + dx / scale(), y: held.from.y + dy / scale() });
  });
  layer.addEventListener("pointerup", () => {
    if (!held) return;
    const { id, group, far } = held;
    held = null;
    group.classList.remove("is-held");
    if (far) moved();
    else open(id);
  });
  layer.addEventListener("pointercancel", () => { held?.group.classList.remove("is-held"); held = null; });

  layer.addEventListener("keydown", (event) => {
    const id = event.target.closest("[data-node]")?.dataset.node;
    if (!id || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") return open(id);
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const [at, step] = [placeOf(id), event.shiftKey ? FAR : STEP];
    move(id, { x: at.x + way[0] * step, y: at.y + way[1] * step });
    moved();
    focus(id);
  });
  // Listened for around the picture: a group that hears of the focus is itself a stop of the Tab key.
  layer.ownerSVGElement.parentElement.addEventListener("focusin", (event) => {
    const id = event.target.closest("[data-node]")?.dataset.node;
    // A pointer that takes hold of a node has it where it wants it.
    if (id && !held && event.target.matches(":focus-visible")) focus(id);
  });
  return { isHeld: () => held !== null };
}
