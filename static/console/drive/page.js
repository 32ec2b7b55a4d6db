// The page of one robot's wheel.
import { hand } from "./hand.js";
import { facts, forget } from "./facts.js";
import { wheel } from "./wheel.js";

const area = document.getElementById("drive");
const one = (name) => document.querySelector(`[data-${name}]`);
const [take, release, told, lamp, latched] = ["take", "release", "told", "lamp", "latched"].map(one);
const limits = Object.fromEntries([...document.querySelectorAll("[data-limit]")].map((input) => [input.dataset.limit, input]));
const UNITS = { linear: "m/s", angular: "rad/s" };
const LAMPS = { idle: "Nobody drives", live: "You drive", mute: "You drive, and do not hear it", dead: "Not heard: standing still", asking: "Asking" };
// A robot says ten times a second how it is: one that is not heard may not hear either.
const MUTE = 2000;
let word = "start";

const line = wheel(area.dataset.key, hear);
const grip = hand(document.getElementById("pad"), document.getElementById("knob"), [...document.querySelectorAll("[data-hold]")], (forwards, left) =>
  line.want(forwards * limits.linear.value, left * limits.angular.value));

function shine(state) {
  if (lamp.dataset.lamp === state && lamp.textContent === LAMPS[state]) return;
  lamp.dataset.lamp = state;
  lamp.textContent = LAMPS[state];
}

function drives(isDriving) {
  const hadFocus = document.activeElement === release;
  take.hidden = isDriving;
  release.hidden = !isDriving;
  if (hadFocus && !isDriving) take.focus();
  for (const input of Object.values(limits)) input.disabled = isDriving;
  grip.enable(isDriving);
}

function ask(next) {
  take.textContent = next === "take_over" ? "Take over" : "Take the wheel";
  word = next;
}

function hear(frame) {
  if (frame.type === "ready") {
    ask("start");
    drives(true);
    shine("live");
    told.textContent = "Hold the pad or the keys to move; whatever lets go stops the robot.";
    document.getElementById("pad").focus();
  } else if (frame.type === "state") {
    shine(frame.dead_man ? "dead" : frame.telemetry_age_ms > MUTE ? "mute" : "live");
    facts(frame);
    if (frame.latched) latched.hidden = false;
  } else if (frame.type === "busy") {
    shine("idle");
    told.textContent = `${frame.detail} Taking over lets the robot stand, and then it is yours.`;
    ask("take_over");
  } else if (frame.type === "closed") {
    drives(false);
    ask("start");
    shine("idle");
    forget();
    told.textContent = frame.detail;
  } else if (frame.type === "ended" || frame.type === "refused") {
    drives(false);
    told.textContent = frame.detail;
    if (frame.because === "latched" || frame.code === "latched") latched.hidden = false;
  }
}

take.addEventListener("click", () => {
  shine("asking");
  line.take({ linear_limit: Number(limits.linear.value), angular_limit: Number(limits.angular.value) }, word);
});
function letGo() {
  grip.letGo();
  line.release();
}

release.addEventListener("click", letGo);
document.addEventListener("keydown", (event) => event.key === "Escape" && !release.hidden && letGo());
document.querySelector("[data-halt]").addEventListener("click", grip.letGo);
document.addEventListener("visibilitychange", () => document.hidden && letGo());
window.addEventListener("pagehide", letGo);

for (const [name, input] of Object.entries(limits)) {
  const shown = document.querySelector(`[data-shows=${name}]`);
  const show = () => { shown.textContent = `${Number(input.value).toFixed(2)} ${UNITS[name]}`; };
  input.addEventListener("input", show);
  show();
}
