// The line to the hub while somebody drives: says ten times a second what the hand wants, and hears what the robot does.
const EVERY = 100;
const GOODBYE = 1000;

export function wheel(key, hears) {
  let socket = null;
  let timer = 0;
  let seq = 0;
  let wish = { linear: 0, angular: 0 };
  const sent = new Map();

  function take(limits, word) {
    if (socket?.readyState === WebSocket.OPEN) return send({ type: word, ...limits });
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    const line = new WebSocket(`${scheme}//${window.location.host}/ws/drive/${key}`);
    socket = line;
    let why = "";
    line.addEventListener("open", () => send({ type: word, ...limits }));
    line.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "ended" || frame.type === "refused") why = frame.detail;
      if (frame.type === "ready") begin();
      if (frame.type === "state") frame.trip = trip(frame);
      hears(frame);
    });
    line.addEventListener("close", () => {
      window.clearInterval(timer);
      if (socket === line) socket = null;
      hears({ type: "closed", detail: why || "The hub cannot be reached, or does not let you drive." });
    });
  }

  function begin() {
    wish = { linear: 0, angular: 0 };
    window.clearInterval(timer);
    timer = window.setInterval(speak, EVERY);
    speak();
  }

  function speak() {
    seq += 1;
    sent.set(seq, performance.now());
    if (sent.size > 100) sent.delete(sent.keys().next().value);
    send({ type: "drive", ...wish, seq });
  }

  // What the wire took: the time since it was said, without the time that its answer lay at the hub.
  function trip({ seq: heard, held_ms }) {
    const at = sent.get(heard);
    return at === undefined ? null : Math.max(0, Math.round(performance.now() - at - held_ms));
  }

  function want(linear, angular) {
    const lets_go = !linear && !angular && (wish.linear || wish.angular);
    wish = { linear, angular };
    // Nobody waits for the next turn to stop.
    if (lets_go) speak();
  }

  function release() {
    window.clearInterval(timer);
    send({ type: "release" });
    // The hub says goodbye and hangs up; if it does not, we do.
    const line = socket;
    window.setTimeout(() => line?.close(), GOODBYE);
  }

  function send(frame) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  return { take, want, release };
}
