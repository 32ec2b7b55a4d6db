// Where nodes lie that nobody has put anywhere. The same fleet in the same frame always gives the same picture.
export const WIDTH = 178;
export const HEIGHT = 52;
const ACROSS = WIDTH + 62;
const DOWN = HEIGHT + 34;
const COLUMN = WIDTH + 150;
const ROUNDS = 220;

export function arranged(view, nodes, tunnels, isWide) {
  const known = new Set(nodes.map((node) => node.id));
  const ties = tunnels.map((tunnel) => [tunnel.from, tunnel.by, tunnel.to].filter((id) => known.has(id)));
  const tied = new Set(ties.flat());
  const [joined, alone] = [nodes.filter((node) => tied.has(node.id)), nodes.filter((node) => !tied.has(node.id))];
  const places = view === "flow" ? inColumns(joined, tunnels) : turned(pulled(joined, ties), isWide);
  return new Map([...places, ...grid(alone, places)]);
}

// Nodes without a tunnel, below all others; kinds beside one another.
function grid(nodes, above) {
  const ys = [...above.values()].map((place) => place.y);
  const xs = [...above.values()].map((place) => place.x);
  const top = ys.length ? Math.max(...ys) + DOWN + 24 : 0;
  const left = xs.length ? Math.min(...xs) : 0;
  const wide = xs.length ? Math.round((Math.max(...xs) - left) / ACROSS) + 1 : 0;
  const columns = Math.max(wide, Math.ceil(Math.sqrt(nodes.length * 0.8)), 1);
  const sorted = [...nodes].sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
  return sorted.map((node, at) => [node.id, { x: left + (at % columns) * ACROSS, y: top + Math.floor(at / columns) * DOWN }]);
}

// Ingress, relay, egress from left to right. A node with several parts stands where it stands most often.
export function columnOf(id, tunnels) {
  if (tunnels.some((tunnel) => tunnel.by === id)) return 1;
  const enters = tunnels.filter((tunnel) => tunnel.from === id).length;
  return enters >= tunnels.filter((tunnel) => tunnel.to === id).length ? 0 : 2;
}

function inColumns(nodes, tunnels) {
  const columns = [[], [], []];
  for (const node of nodes) columns[columnOf(node.id, tunnels)].push(node.id);
  const row = new Map();
  const number = (column) => column.forEach((id, at) => row.set(id, at - (column.length - 1) / 2));
  columns.forEach(number);
  for (const column of [columns[1], columns[2], columns[0], columns[1]]) {
    const height = new Map(column.map((id) => [id, meanOf(id, tunnels, row)]));
    column.sort((a, b) => height.get(a) - height.get(b));
    number(column);
  }
  return new Map(columns.flatMap((column, at) => column.map((id) => [id, { x: at * COLUMN, y: row.get(id) * DOWN }])));
}

function meanOf(id, tunnels, row) {
  const others = tunnels.map((tunnel) => [tunnel.from, tunnel.by, tunnel.to]).filter((ids) => ids.includes(id)).flat();
  const heights = others.filter((other) => other !== id && row.has(other)).map((other) => row.get(other));
  return heights.length ? heights.reduce((sum, height) => sum + height, 0) / heights.length : row.get(id);
}

// Springs along the tunnels, and everybody keeps a distance. Only nodes with tunnels take part.
function pulled(nodes, ties) {
  const radius = 90 + nodes.length * 26;
  const bodies = nodes.map((node, at) => {
    const angle = (2 * Math.PI * at) / nodes.length;
    return { id: node.id, x: Math.cos(angle) * radius, y: Math.sin(angle) * radius * 0.6 };
  });
  const byId = new Map(bodies.map((body) => [body.id, body]));
  const springs = ties.flatMap((ids) => ids.slice(1).map((id, at) => [byId.get(ids[at]), byId.get(id)]));
  const rounds = Math.min(ROUNDS, Math.ceil(2e7 / (bodies.length ** 2 + 1)));
  for (let round = 0; round < rounds; round += 1) {
    const heat = 30 * (1 - round / rounds) + 1;
    repel(bodies, heat);
    for (const [a, b] of springs) attract(a, b);
  }
  for (let round = 0; round < 40; round += 1) repel(bodies, 4, 1);
  return new Map(bodies.map((body) => [body.id, { x: Math.round(body.x), y: Math.round(body.y) }]));
}

// What is high in a wide frame would be small: then rows and columns change places.
function turned(places, isWide) {
  const [across, down] = ["x", "y"].map((axis) => {
    const all = [...places.values()].map((place) => place[axis]);
    return (Math.max(...all) - Math.min(...all)) / (axis === "x" ? ACROSS : DOWN);
  });
  if (places.size < 2 || across > down === isWide) return places;
  const turn = ({ x, y }) => ({ x: Math.round((y / DOWN) * ACROSS), y: Math.round((x / ACROSS) * DOWN) });
  return new Map([...places].map(([id, place]) => [id, turn(place)]));
}

function repel(bodies, heat, reach = 1.9) {
  for (let i = 0; i < bodies.length; i += 1) {
    for (let j = i + 1; j < bodies.length; j += 1) {
      // Measured in boxes, which are wider than high.
      const [dx, dy] = [(bodies[j].x - bodies[i].x) / ACROSS, (bodies[j].y - bodies[i].y) / DOWN];
      const distance = Math.hypot(dx, dy) || 0.01;
      if (distance > reach) continue;
      const push = (heat * (reach - distance)) / distance / 2;
      bodies[i].x -= dx * push; bodies[j].x += dx * push;
      bodies[i].y -= (dy || 0.01) * push; bodies[j].y += (dy || 0.01) * push;
    }
  }
}

function attract(a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const over = Math.max(0, Math.hypot(dx / ACROSS, dy / DOWN) - 1.5) * 0.02;
  a.x += dx * over; a.y += dy * over;
  b.x -= dx * over; b.y -= dy * over;
}
