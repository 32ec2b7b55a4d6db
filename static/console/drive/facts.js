// What the robot does, in words.
const places = Object.fromEntries([...document.querySelectorAll("[data-fact]")].map((place) => [place.dataset.fact, place]));
const OLD = 1000;
const WORDS = { idle: "Standing", moving: "Moving", stalled: "Stalled", error: "Error", emergency_stop: "Emergency stop" };

const number = (value, unit, digits = 2) => (typeof value === "number" ? `${value.toFixed(digits).replace("-0.00", "0.00")} ${unit}` : "–");
const speed = (linear, angular) => `${number(linear, "m/s")}, ${number(angular, "rad/s")}`;

export function facts({ linear, angular, motor = {}, ranges = [], telemetry_age_ms: age, trip }) {
  say("told", speed(linear, angular));
  say("actual", age == null ? "–" : speed(motor.actual_linear_meters_per_sec, motor.actual_angular_rad_per_sec));
  say("status", WORDS[motor.status] ?? motor.status ?? "–");
  const { x_meters: x, y_meters: y, theta_rad: theta } = motor.odometry ?? {};
  say("odometry", typeof x === "number" ? `${number(x, "m")}, ${number(y, "m")}, ${number((theta * 180) / Math.PI, "°", 0)}` : "–");
  say("ranges", ranges.map((range) => `${number(range.meters, "m")} ${range.sensor}`).join(", ") || "–");
  say("trip", trip == null ? "–" : `${trip} ms`);
  say("age", age == null ? "It says nothing" : age > OLD ? `Silent for ${(age / 1000).toFixed(1)} s` : "Live");
  places.age.classList.toggle("is-old", age == null || age > OLD);
}

// Nobody is told of a robot that nobody drives: what stood here would be old, and look new.
export function forget() {
  for (const place of Object.values(places)) place.textContent = "–";
  places.age.textContent = "Shown while you drive";
  places.age.classList.remove("is-old");
}

function say(name, text) {
  if (places[name].textContent !== text) places[name].textContent = text;
}
