// Three breathing circles, and arrows: who calms or rouses whom now.
const PLACES = { drive: [112, 148], soothing: [368, 148], threat: [240, 318] };
/** Radius of a circle: area grows faster than activation, so that a glance tells them apart. */
const radiusOf = (activation) => 22 + 96 * activation;
const NUMBERS = { threat: 0, drive: 1, soothing: 2 };

/** Return what each system does to each other at this moment: pushes (per hour, against a system's own speed). */
function pushes(state, inputs, person, coupling) {
  const now = kernel.excitation_inhibition(state, inputs, person, coupling), found = [];
  const compare = (from, without) => {
    for (const to of SYSTEMS) {
      const k = NUMBERS[to], rouses = (now[k] - without[k]) * (1 - state[k]), calms = (now[3 + k] - without[3 + k]) * state[k];
      if (from !== to && rouses > 0) found.push({ from, to, kind: "rouses", size: rouses });
      if (from !== to && calms > 0) found.push({ from, to, kind: "calms", size: calms });
    }
  };
  for (const from of SYSTEMS) {
    const silent = state.map((x, k) => (k === NUMBERS[from] ? 0 : x));
    compare(from, kernel.excitation_inhibition(silent, inputs, person, coupling));
  }
  // The inner critic is what self-criticism adds to threat.
  const uncritical = person.map((x, k) => (k === 0 ? 0 : x));
  compare("critic", kernel.excitation_inhibition(state, inputs, uncritical, coupling));
  return found.filter((one) => one.from !== "critic" || one.to === "threat").sort((a, b) => b.size - a.size);
}

class Circles {
  constructor() {
    this.arrows = draw("g");
    this.parts = {};
    const groups = SYSTEMS.map((system) => {
      const [x, y] = PLACES[system], { colour, mark: sign } = LOOKS[system];
      const circle = draw("circle", { cx: x, cy: y, r: 40, fill: colour, "fill-opacity": 0.18, stroke: colour, "stroke-width": 4 });
      const share = draw("text", { x, y: y + 7, fill: INK, "font-size": 20, ...HALO });
      const core = draw("text.name", { x, fill: colour, "font-size": 23, "font-weight": 700, ...HALO });
      const words = draw("text", { x, fill: INK, "font-size": 19, ...HALO });
      this.parts[system] = { circle, share, core, words, sign };
      return draw("g", {}, circle, share, core, words);
    });
    this.element = draw("svg", { class: "circles", viewBox: "0 0 480 468", role: "img" }, this.arrows, ...groups);
    this.lines = {};
  }

  /** Show a state. `found`: what `pushes` returned; `seconds`: for breathing. */
  show(state, found, seconds) {
    const breath = still.matches ? 0 : Math.sin((seconds * 2 * Math.PI) / 5);
    SYSTEMS.forEach((system, k) => {
      const { circle, share, core, words, sign } = this.parts[system], y = PLACES[system][1], r = radiusOf(state[k]);
      // Name and word stand outside, where no circle is too small for them: above the upper ones, below the lower one.
      const [first, second] = system === "threat" ? [Math.min(y + r + 27, 438), 22] : [Math.max(y - r - 34, 24), 23];
      circle.setAttribute("r", (r + 2 * breath).toFixed(1));
      core.setAttribute("y", first.toFixed(1));
      words.setAttribute("y", (first + second).toFixed(1));
      core.textContent = `${sign} ${say(`systems.${system}`)}`;
      words.textContent = strength(state[k]);
      share.textContent = percent(state[k]);
    });
    const shown = new Set();
    for (const one of found) {
      if (one.size < 0.03) continue;
      const name = `${one.from}-${one.to}-${one.kind}`;
      shown.add(name);
      this.line(name, one, state);
    }
    for (const [name, line] of Object.entries(this.lines)) line.group.setAttribute("visibility", shown.has(name) ? "visible" : "hidden");
    const parts = SYSTEMS.map((system, k) => `${say(`systems.${system}`)}: ${strength(state[k])}`);
    this.summary ??= seldom(3, (text) => this.element.setAttribute("aria-label", text));
    this.summary(parts.join(", "));
  }

  line(name, { from, to, kind, size }, state) {
    this.lines[name] ??= this.newLine(kind);
    const { path, head } = this.lines[name], width = Math.min(2 + 9 * size, 13);
    const [x1, y1] = PLACES[from === "critic" ? "threat" : from], [x2, y2] = PLACES[to];
    const radius = (system) => radiusOf(state[NUMBERS[system]]);
    let ends;
    if (from === "critic") {
      // A loop from threat to itself, beside the circle.
      const r = radius("threat"), x = x1 + r * 0.8, y = y1 - r * 0.6;
      ends = `M ${x1 + r * 0.8} ${y1 + r * 0.6} C ${x + 80} ${y + r * 0.9 + 30}, ${x + 80} ${y - 40}, ${x + 10} ${y - 4}`;
      this.turn(head, x + 4, y - 1, Math.PI * 0.88, kind, width);
    } else {
      const length = Math.hypot(x2 - x1, y2 - y1), ux = (x2 - x1) / length, uy = (y2 - y1) / length;
      // Two arrows between the same circles lie side by side.
      const side = kind === "calms" ? 12 : 30, sx = -uy * side, sy = ux * side;
      const reach = (system) => Math.sqrt(Math.max(radius(system) ** 2 - side ** 2, 25)) + 8;
      const a = reach(from), b = length - reach(to) - 8;
      const [px, py] = [x1 + ux * Math.min(a, b - 12) + sx, y1 + uy * Math.min(a, b - 12) + sy];
      const [qx, qy] = [x1 + ux * b + sx, y1 + uy * b + sy];
      ends = `M ${px} ${py} L ${qx} ${qy}`;
      this.turn(head, qx, qy, Math.atan2(uy, ux), kind, width);
    }
    path.setAttribute("d", ends);
    path.setAttribute("stroke-width", width.toFixed(1));
  }

  newLine(kind) {
    const path = draw("path", { fill: "none", stroke: INK, "stroke-opacity": 0.75 });
    if (kind === "calms") path.setAttribute("stroke-dasharray", "9 6");
    const head = draw("path", { fill: kind === "calms" ? "none" : INK, stroke: INK, "stroke-width": 4 });
    const group = draw("g", {}, path, head);
    this.arrows.append(group);
    return { group, path, head };
  }

  /** A point for rousing, a bar for calming. */
  turn(head, x, y, angle, kind, width) {
    const s = 7 + width * 0.9;
    head.setAttribute("d", kind === "calms" ? `M 0 ${-s} L 0 ${s}` : `M ${s} 0 L ${-s * 0.6} ${-s * 0.8} L ${-s * 0.6} ${s * 0.8} Z`);
    head.setAttribute("stroke-width", kind === "calms" ? 5 : 1);
    head.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${((angle * 180) / Math.PI).toFixed(1)})`);
  }
}

const HALO = { "text-anchor": "middle", stroke: "#fff", "stroke-width": 5, "stroke-linejoin": "round", "paint-order": "stroke" };
