// What part of the picture is seen: moved by dragging the ground, by the wheel, by two fingers and by buttons.
const LEAST = 0.12;
const MOST = 2.5;

export function camera(picture, layer, bounds) {
  let view = { scale: 1, x: 0, y: 0 };
  const fingers = new Map();

  const show = () => layer.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);

  function zoom(factor, at = middle()) {
    const scale = Math.min(MOST, Math.max(LEAST, view.scale * factor));
    const ratio = scale / view.scale;
    view = { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
    show();
  }

  function fit() {
    const { width, height } = picture.getBoundingClientRect();
    const all = bounds();
    if (!all || !width) return;
    const scale = Math.min(1.15, Math.max(LEAST, Math.min(width / all.width, height / all.height)));
    view = { scale, x: width / 2 - all.x * scale, y: height / 2 - all.y * scale };
    show();
  }

  function middle() {
    const { width, height } = picture.getBoundingClientRect();
    return { x: width / 2, y: height / 2 };
  }

  function inside(event) {
    const frame = picture.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  picture.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), inside(event));
  }, { passive: false });

  picture.addEventListener("pointerdown", (event) => {
    if (event.target.closest("[data-node], a")) return;
    fingers.set(event.pointerId, inside(event));
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = inside(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other) zoom(apart(now, other) / apart(before, other), other);
    else view = { ...view, x: view.x + now.x - before.x, y: view.y + now.y - before.y };
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, (event) => fingers.delete(event.pointerId));

  return { zoom, fit, scale: () => view.scale, reveal: (place) => reveal(place) };

  // A node that the keyboard moved, or that got the focus, must be seen.
  function reveal(place) {
    const { width, height } = picture.getBoundingClientRect();
    const at = { x: place.x * view.scale + view.x, y: place.y * view.scale + view.y };
    const [dx, dy] = [outside(at.x, width, 100), outside(at.y, height, 40)];
    if (!dx && !dy) return;
    view = { ...view, x: view.x - dx, y: view.y - dy };
    show();
  }
}

const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) || 1;

function outside(at, size, margin) {
  if (at < margin) return at - margin;
  return at > size - margin ? at - size + margin : 0;
}
