// The page of the topology: asks how the fleet is, and keeps picture and list true.
import { camera } from "./camera.js";
import * as drawing from "./drawing.js";
import { keeping } from "./keeping.js";
import { HEIGHT, WIDTH, arranged } from "./layout.js";
import { tell } from "./list.js";
import { movable } from "./moving.js";

const EVERY = 2000;
const PATIENCE = 4000;
const MARGIN = 40;
const BESIDE = 26;

const [picture, lines, ground, columns] = ["picture", "lines", "nodes", "columns"].map((id) => document.getElementById(id));
const [pulse, saved] = [document.getElementById("pulse"), document.getElementById("saved")];
const nodes = new Map();
const tunnels = new Map();
const groups = new Map();
// Which tunnels lie between the same two nodes, whichever way they lead.
const beside = new Map();
let view = document.querySelector("[data-view][aria-pressed=true]").dataset.view;
let places = new Map();
let first = true;
let timer = 0;

const kept = keeping((text) => { saved.textContent = text; });
const eye = camera(picture, document.getElementById("camera"), bounds);
const hand = movable(ground, {
  placeOf: (id) => places.get(id),
  scale: eye.scale,
  move: (id, at) => { places.set(id, at); kept.put(view, id, at); put(id); },
  moved: () => kept.save(view),
  open: (id) => window.location.assign(nodes.get(id).link),
  focus: (id) => eye.reveal(places.get(id)),
});

function bounds() {
  const all = [...places].filter(([id]) => nodes.has(id)).map(([, place]) => place);
  if (!all.length) return null;
  const [xs, ys] = [all.map((place) => place.x), all.map((place) => place.y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const head = view === "flow" ? HEIGHT : 0;
  return { x: (left + right) / 2, y: (top + bottom - head) / 2, width: right - left + WIDTH + MARGIN, height: bottom - top + HEIGHT + head + MARGIN };
}

function isWide() {
  const { width, height } = picture.getBoundingClientRect();
  return width > height * 1.2;
}

function keepMap(map, rows) {
  const fresh = new Map(rows.map((row) => [row.id, row]));
  for (const id of map.keys()) if (!fresh.has(id)) map.delete(id);
  for (const [id, row] of fresh) map.set(id, row);
}

// Nodes that are there already stay where they are; only new ones are placed.
function settle() {
  const [own, free] = [kept.of(view), arranged(view, [...nodes.values()], [...tunnels.values()], isWide())];
  const before = places;
  places = new Map([...nodes.keys()].map((id) => [id, own[id] ?? before.get(id) ?? free.get(id)]));
}

function draw() {
  sync(ground, nodes, drawing.newNode, drawing.renewNode);
  sync(lines, tunnels, drawing.newTunnel, drawing.renewTunnel);
  pair();
  for (const [id, place] of places) drawing.place(groups.get(id), place);
  for (const tunnel of tunnels.values()) lay(tunnel);
  columns.replaceChildren(...(view === "flow" && tunnels.size ? headings() : []));
}

function sync(layer, rows, make, renew) {
  for (const group of [...layer.children]) {
    const id = group.dataset.node ?? group.dataset.tunnel;
    if (!rows.has(id)) { group.remove(); groups.delete(id); }
  }
  for (const [id, row] of rows) {
    if (groups.has(id)) renew(groups.get(id), row);
    else { groups.set(id, make(row)); layer.append(groups.get(id)); }
  }
}

const stopsOf = (tunnel) => [tunnel.from, tunnel.by, tunnel.to].filter(Boolean);
const legsOf = (tunnel) => stopsOf(tunnel).slice(1).map((id, at) => [stopsOf(tunnel)[at], id]);
const nameOf = (leg) => [...leg].sort().join(" ");

function pair() {
  beside.clear();
  for (const tunnel of tunnels.values()) {
    for (const leg of legsOf(tunnel)) beside.set(nameOf(leg), [...(beside.get(nameOf(leg)) ?? []), tunnel.id]);
  }
}

function asideOf(tunnel, [from, to]) {
  const same = beside.get(nameOf([from, to]));
  const aside = (same.indexOf(tunnel.id) - (same.length - 1) / 2) * BESIDE;
  // Whoever goes the other way has left and right exchanged.
  return from < to ? aside : -aside;
}

function lay(tunnel) {
  const stops = stopsOf(tunnel).map((id) => places.get(id));
  const asides = legsOf(tunnel).map((leg) => asideOf(tunnel, leg));
  drawing.lay(groups.get(tunnel.id), stops.every(Boolean) ? stops : [], asides);
}

function put(id) {
  drawing.place(groups.get(id), places.get(id));
  for (const tunnel of tunnels.values()) if (stopsOf(tunnel).includes(id)) lay(tunnel);
}

function headings() {
  const used = [...places].filter(([id]) => [...tunnels.values()].some((tunnel) => stopsOf(tunnel).includes(id)));
  const top = Math.min(...used.map(([, place]) => place.y)) - HEIGHT;
  return ["Ingress", "Relay", "Egress"].map((word, at) => drawing.heading(word, at * (WIDTH + 150), top));
}

function choose(wanted) {
  view = wanted;
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  window.history.replaceState(null, "", `?view=${view}`);
  afresh();
}

function afresh() {
  places = new Map();
  settle();
  draw();
  eye.fit();
}

async function refresh() {
  window.clearTimeout(timer);
  if (document.hidden) { pulse.textContent = "Paused"; return; }
  try {
    const answer = await fetch("/topology/state", { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401) return window.location.assign("/login");
    if (!answer.ok) throw new Error(String(answer.status));
    take(await answer.json());
    pulse.classList.remove("is-lost");
  } catch {
    pulse.textContent = "The hub does not answer. Trying again.";
    pulse.classList.add("is-lost");
  }
  timer = window.setTimeout(refresh, EVERY);
}

function take(state) {
  pulse.textContent = state.cut ? `Live, the first ${state.nodes.length} nodes` : "Live";
  // Nothing jumps under the pointer.
  if (hand.isHeld()) return;
  keepMap(nodes, state.nodes);
  keepMap(tunnels, state.tunnels);
  settle();
  draw();
  tell(document.getElementById("rows"), [...nodes.values()], [...tunnels.values()]);
  if (first && nodes.size) eye.fit();
  first = false;
}

for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => choose(button.dataset.view));
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => (button.dataset.zoom === "fit" ? eye.fit() : eye.zoom(button.dataset.zoom === "in" ? 1.25 : 0.8)));
}
document.getElementById("arrange").addEventListener("click", () => { kept.forget(view); afresh(); });
document.addEventListener("visibilitychange", refresh);
// On a small screen the picture is an overview, and the list is what can be read.
document.querySelector(".t-list").open = window.matchMedia("(max-width: 40rem)").matches;
refresh();
