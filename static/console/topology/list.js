// The picture in words, for whoever does not see it.
import { statusOf } from "./drawing.js";

function cell(name, ...content) {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}

function link(text, address) {
  const element = cell("a", text);
  element.className = "c-link";
  element.href = address;
  return element;
}

function badge(tone, word) {
  const shape = cell("span");
  shape.className = "c-shape";
  shape.setAttribute("aria-hidden", "true");
  const whole = cell("span", shape, word);
  whole.className = `c-badge c-badge-${tone}`;
  return whole;
}

function ways(node, names, tunnels) {
  const mine = tunnels.filter((tunnel) => [tunnel.from, tunnel.by, tunnel.to].includes(node.id));
  return mine.map((tunnel) => {
    const way = [tunnel.from, tunnel.by, tunnel.to].filter(Boolean).map((id) => names.get(id)).join(" → ");
    return cell("div", link(tunnel.name, tunnel.link), `: ${way}, ${tunnel.word.toLowerCase()}`);
  });
}

export function tell(body, nodes, tunnels) {
  const names = new Map(nodes.map((node) => [node.id, node.name]));
  const rows = nodes.map((node) => {
    const head = cell("th", link(node.name, node.link));
    head.scope = "row";
    const kind = cell("span", node.kind);
    kind.className = "c-more";
    head.append(kind);
    return cell("tr", head, cell("td", badge(node.tone, statusOf(node))), cell("td", ...ways(node, names, tunnels)));
  });
  const present = [...body.children];
  const same = present.length === rows.length && rows.every((row, at) => row.isEqualNode(present[at]));
  if (!same && !body.contains(document.activeElement)) body.replaceChildren(...rows);
}
