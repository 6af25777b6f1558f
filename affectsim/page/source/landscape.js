// The landscape: drag a load up and down, and see that the way back is another way.
class Landscape {
  constructor(mind) {
    this.mind = mind;
    this.load = "self_criticism";
    this.value = 0.3;
    this.canvas = make("canvas.drag", { role: "img" });
    this.words = make("p.sentence", { role: "status" });
    this.input = make("input", { type: "range", id: "load", min: 0, step: 0.01, dir: "ltr" });
    this.label = make("label", { for: "load" });
    this.output = make("output", { for: "load" });
    this.beside = make("input", { type: "range", id: "beside", min: 0, dir: "ltr" });
    this.besideLabel = make("label", { for: "beside" });
    this.besideOutput = make("output", { for: "beside" });
    this.beside.addEventListener("input", () => this.restart(Number(this.beside.value)));
    this.loads = make("select", { onchange: (event) => { this.load = event.target.value; this.restart(); this.show(); } },
      ...Object.keys(LOADS).map((name) => make("option", { value: name, text: `landscape.${name}` })));
    this.input.addEventListener("input", () => this.move(Number(this.input.value)));
    const drag = (event) => { if (event.buttons) this.move(this.atPointer(event)); };
    this.canvas.addEventListener("pointerdown", (event) => { this.canvas.setPointerCapture(event.pointerId); drag(event); });
    this.canvas.addEventListener("pointermove", drag);
    this.tip = button("landscape.push", () => this.push(), ".main");
    this.element = make("section.card", {}, make("p", { text: "landscape.about" }),
      make("div.row", {}, labelled("landscape.which", this.loads), this.tip, button("controls.restart", () => { this.restart(); this.show(); })),
      this.canvas, make("div.slider", {}, this.label, this.output, this.input), this.words,
      make("div.slider", {}, this.besideLabel, this.besideOutput, this.beside), make("p.quiet", { text: "landscape.assumes" }));
  }

  /**
   * Take the person as the first view has them, and start calm, without load; `beside`: of the other load. Unless that is
   * said, and outside lessons, there is as much of it beside as this person needs to tip by hand, if little is enough.
   */
  restart(beside) {
    const whose = personOf(this.mind.world, 0, 0);
    this.chosen = beside;
    this.other = Object.keys(LOADS).find((name) => name !== this.load);
    this.coupling = formulas.coupling(this.mind.model);
    const own = LOADS[this.other].of(whose), tries = beside === undefined && !this.mind.lesson?.lesson ? LOADS[this.other].more ?? [] : [];
    this.beneath(beside ?? own, whose);
    for (const more of tries) if ((bistable(this.lines)?.[1] ?? 0) === LOADS[this.load].most) this.beneath(more, whose);
    if (tries.length && bistable(this.lines)?.[1] === LOADS[this.load].most) this.beneath(own, whose);
    set(this.beside, { max: LOADS[this.other].most_beside, step: LOADS[this.other].most_beside / 40 });
    this.beside.value = this.besideValue;
    this.state = settled([0.05, 0.3, 0.4], ...loaded(this.load, 0.2, this.inputs, this.person), this.coupling);
    this.value = 0.2;
    this.trail = [];
    this.jumped = 0;
    this.input.max = LOADS[this.load].most;
    this.move(this.value);
  }

  /** Put the other load beneath, and follow the mind along the one that is drawn. */
  beneath(value, whose) {
    this.besideValue = value;
    [this.inputs, this.person] = loaded(this.other, value, quietInputs(this.mind.model), whose);
    this.lines = landscape(this.load, this.inputs, this.person, this.coupling);
  }

  move(value) {
    const goal = Math.min(Math.max(value, 0), LOADS[this.load].most), from = this.value;
    // Small steps, so that the mind goes along wherever it can.
    const steps = Math.max(4, Math.ceil((60 * Math.abs(goal - from)) / LOADS[this.load].most));
    for (let k = 1; k <= steps; k++) {
      const at = from + ((goal - from) * k) / steps, before = this.state[0];
      this.state = settled(this.state, ...loaded(this.load, at, this.inputs, this.person), this.coupling);
      this.jumped = Math.abs(this.state[0] - before) > 0.15 ? Math.sign(this.state[0] - before) : this.jumped;
      this.trail.push([at, this.state[0]]);
      if (Math.abs(this.state[0] - before) > 0.15) this.mind.lesson?.done("landscape:jump");
    }
    this.trail = this.trail.slice(-400);
    this.value = goal;
    this.show();
  }

  /** An event: threat goes to full for a moment. */
  push() {
    this.state = settled([0.95, 0.2, 0.05], ...loaded(this.load, this.value, this.inputs, this.person), this.coupling);
    this.jumped = 0;
    this.trail.push([this.value, 0.95], [this.value, this.state[0]]);
    this.show();
  }

  /** What a picture of this view holds, row by row. */
  picture() {
    const beside = `${this.besideLabel.textContent}: ${this.besideOutput.textContent}`;
    return [[this.canvas], [beside], [this.words.textContent], [say("landscape.assumes")]];
  }

  frame() {}

  /** Where this mind has settled: on one of two ways if there are two at this load, else low, in between, or high. */
  get where() {
    const two = bistable(this.lines), [threat] = this.state, { values, up, down } = this.lines;
    const at = Math.round((this.value / LOADS[this.load].most) * (values.length - 1)), [low, high] = [up[at][0], down[at][0]];
    if (two && threat - low > Math.max(0.05, (high - low) / 2)) return "upper";
    if (two && this.value >= two[0] && this.value <= two[1]) return "lower";
    return threat > 0.4 ? "high" : threat > 0.25 ? "between" : "low";
  }

  get edges() {
    const size = textSize();
    return { left: 3.2 * size, right: 1.2 * size, top: 2.8 * size, bottom: 2.6 * size };
  }

  atPointer(event) {
    const box = this.canvas.getBoundingClientRect(), { left, right } = this.edges;
    return ((event.clientX - box.left - left) / (box.width - left - right)) * LOADS[this.load].most;
  }

  show() {
    const size = textSize(), room = this.canvas.clientWidth || 320, height = Math.max(220, Math.min(0.5 * room, 400));
    const [pen, width] = sized(this.canvas, height), { left, right, top, bottom } = this.edges, most = LOADS[this.load].most;
    const x = (value) => left + (value / most) * (width - left - right), y = (value) => top + (1 - value) * (height - top - bottom);
    const two = bistable(this.lines);
    pen.font = `${size}px system-ui, sans-serif`;
    if (two) {
      pen.fillStyle = "#eeece3";
      pen.fillRect(x(two[0]), top, x(two[1]) - x(two[0]), height - top - bottom);
      pen.fillStyle = QUIET;
      pen.textAlign = "center";
      pen.fillText(say("landscape.two"), Math.min(Math.max((x(two[0]) + x(two[1])) / 2, left + 6 * size), width - 6 * size), top - 0.35 * size);
      pen.textAlign = "left";
    }
    pen.fillStyle = QUIET;
    pen.fillText(`${LOOKS.threat.mark} ${say("systems.threat")}`, 0, size);
    for (const value of [0, 0.5, 1]) pen.fillText(percent(value), 0, y(value) + 4);
    const step = most > 2 ? 1 : 0.5;
    for (let value = 0; value <= most; value += step) pen.fillText(digits(value, step < 1 ? 1 : 0), x(value) - 8, height - 1.4 * size);
    pen.fillText(say(`landscape.${this.load}`), left, height - 2);
    for (const [states, dash] of [[this.lines.down, [6, 4]], [this.lines.up, []]]) {
      pen.strokeStyle = LOOKS.threat.colour;
      pen.lineWidth = 2;
      line(pen, states.map((state, k) => [x(this.lines.values[k]), y(state[0])]), dash);
    }
    if (two) {
      pen.fillStyle = LOOKS.threat.colour;
      const at = this.lines.values.findLastIndex((value) => value <= two[1]), label = (key, up, states) => {
        const text = say(key), room = pen.measureText(text).width;
        pen.fillText(text, Math.max(left, Math.min(x(two[1]), width - right) - room - 4), y(states[at][0]) + up);
      };
      label("landscape.held", -1.1 * size, this.lines.down);
      label("landscape.calm", -0.7 * size, this.lines.up);
    }
    pen.strokeStyle = INK;
    pen.lineWidth = 1;
    line(pen, this.trail.map(([value, threat]) => [x(value), y(threat)]));
    mark(pen, "threat", x(this.value), y(this.state[0]), 12);
    pen.fillStyle = INK;
    pen.fill();
    const settles = say(`landscape.${this.where}`, { threat: percent(this.state[0]) });
    const text = [this.jumped ? say(this.jumped > 0 ? "landscape.tipped" : "landscape.freed") : "", settles].join(" ").trim();
    if (this.words.textContent !== text) this.words.textContent = text;
    this.label.textContent = say(`landscape.${this.load}`);
    this.output.textContent = digits(this.value);
    this.besideLabel.textContent = say("landscape.beside", { load: say(`landscape.${this.other}`) });
    this.besideOutput.textContent = digits(this.besideValue);
    this.input.setAttribute("aria-valuetext", `${digits(this.value)}: ${settles}`);
    this.beside.setAttribute("aria-valuetext", digits(this.besideValue));
    this.input.value = this.value;
    this.canvas.setAttribute("aria-label", say("landscape.picture", { value: digits(this.value), threat: percent(this.state[0]) }));
  }
}
