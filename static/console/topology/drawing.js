// Draws nodes and tunnels, and changes only what changed.
import { HEIGHT, WIDTH } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const LONGEST = 17;
const SHAPES = {
  good: "M0-4.5A4.5 4.5 0 1 1 0 4.5 4.5 4.5 0 1 1 0-4.5Z",
  warn: "M0-5 5.2 4.4-5.2 4.4Z",
  bad: "M0-5.5 5.5 0 0 5.5-5.5 0Z",
  info: "M-4-4H4V4H-4Z",
  idle: "M0-4.5A4.5 4.5 0 1 1 0 4.5 4.5 4.5 0 1 1 0-4.5ZM0-2.5A2.5 2.5 0 1 0 0 2.5 2.5 2.5 0 1 0 0-2.5Z",
};

function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const short = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

export function statusOf(node) {
  return [node.word, node.maintenance && "maintenance", node.simulated && "simulated"].filter(Boolean).join(" · ");
}

export function newNode(node) {
  const box = make("rect", { class: "t-box", width: WIDTH, height: HEIGHT, rx: 8, x: -WIDTH / 2, y: -HEIGHT / 2 });
  const back = make("rect", { class: "t-back", width: 34, height: 34, rx: 6, x: 9 - WIDTH / 2, y: -17 });
  const icon = make("text", { class: "t-icon material-symbols-outlined", x: 26 - WIDTH / 2, y: 0 });
  const name = make("text", { class: "t-name", x: 52 - WIDTH / 2, y: -6 });
  const shape = make("path", { class: "t-shape", transform: `translate(${57 - WIDTH / 2} 11)` });
  const word = make("text", { class: "t-word", x: 67 - WIDTH / 2, y: 15 });
  const group = make("g", { tabindex: 0, role: "link", "data-node": node.id }, make("title", {}), box, back, icon, name, shape, word);
  renewNode(group, node);
  return group;
}

export function renewNode(group, node) {
  const [title, , , icon, name, shape, word] = group.children;
  const said = statusOf(node);
  const state = `${node.name}, ${node.kind}, ${said}`;
  set(group, "class", `t-node t-${node.tone}`);
  set(group, "aria-label", state);
  set(shape, "d", SHAPES[node.tone]);
  say(title, node.reason ? `${state}: ${node.reason}` : state);
  say(icon, node.icon);
  say(name, short(node.name));
  say(word, short(said));
}

export function place(group, at) {
  set(group, "transform", `translate(${Math.round(at.x)} ${Math.round(at.y)})`);
}

export function newTunnel(tunnel) {
  const link = make("a", { class: "t-label", href: tunnel.link }, make("text", {}));
  const group = make("g", { "data-tunnel": tunnel.id }, make("path", {}), make("path", {}), link);
  renewTunnel(group, tunnel);
  return group;
}

export function renewTunnel(group, tunnel) {
  const [first, second, link] = group.children;
  set(group, "class", `t-line t-line-${tunnel.tone}`);
  for (const path of [first, second]) set(path, "marker-mid", `url(#arrow-${tunnel.tone})`);
  set(link, "aria-label", `Tunnel ${tunnel.name}, ${tunnel.word}`);
  say(link.firstElementChild, tunnel.tone === "good" ? tunnel.name : `${tunnel.name} · ${tunnel.word.toLowerCase()}`);
}

// `asides` tell tunnels between the same nodes apart.
export function lay(group, stops, asides) {
  const [first, second, link] = group.children;
  const bends = stops.slice(1).map((stop, at) => bend(stops[at], stop, asides[at]));
  set(first, "d", bends.length ? path(stops[0], bends[0], stops[1]) : "");
  set(second, "d", bends.length > 1 ? path(stops[1], bends[1], stops[2]) : "");
  if (bends.length) set(link.firstElementChild, "transform", `translate(${bends[0].x} ${bends[0].y - 9})`);
  group.toggleAttribute("hidden", !bends.length);
}

function bend(a, b, aside) {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  return {
    x: Math.round((a.x + b.x) / 2 - ((b.y - a.y) / length) * aside),
    y: Math.round((a.y + b.y) / 2 + ((b.x - a.x) / length) * aside),
  };
}

const path = (a, middle, b) => `M${Math.round(a.x)} ${Math.round(a.y)}L${middle.x} ${middle.y}L${Math.round(b.x)} ${Math.round(b.y)}`;

export function heading(text, x, y) {
  return make("text", { class: "t-heading", x, y }, text);
}
