// A community, twice: the same people and the same events, with and without training.
class Community {
  constructor() {
    this.people = 60;
    this.preset = "help-seeking";
    this.share = 1;
    this.pace = 8;
    this.running = false;
    this.chosen = 0;
    this.arms = [0, 1].map(() => ({ network: make("canvas", { role: "img" }), cloud: make("canvas", { role: "img" }), words: make("p") }));
    this.build();
    this.restart();
  }

  restart() {
    this.chosen = Math.min(this.chosen, this.people - 1);
    this.world = makeCommunity({ people: this.people, preset: this.preset, share: this.share });
    this.places = unpack(DATA.networks[this.people].places).d;
    this.balances = [[], []];
    this.waiting = 0;
    this.world.advance(16);
    this.note();
    this.show(true);
  }

  states(arm) {
    return Array.from({ length: this.people }, (_, i) => SYSTEMS.map((system) => this.world.get(arm, i, system)));
  }

  /** Keep the mean balance of both arms, once in six hours. */
  note() {
    this.lesson?.passed("days", this.world.hours / 24);
    this.arms.forEach((_, arm) => {
      const all = this.states(arm).map((state) => kernel.balance(...state));
      this.balances[arm].push([this.world.hours / 24, all.reduce((a, b) => a + b, 0) / all.length]);
    });
  }

  happen(who, kind, size) {
    this.world.event(who, kind, size * DATA.everyday[kind]);
    this.lesson?.done(`community:${kind}`);
    this.show(true);
  }

  build() {
    const pick = (key, values, now, changed, name) => {
      const control = make("select", { onchange: (event) => { changed(event.target.value); this.restart(); } },
        ...values.map((value) => {
          const option = make("option", { value });
          const write = () => { option.textContent = name(value); };
          listeners.push(write);
          write();
          return option;
        }));
      control.value = String(now);
      return labelled(key, control);
    };
    this.playing = button("controls.start", () => this.run(!this.running));
    this.when = make("span.quiet");
    this.difference = make("canvas", { role: "img" });
    this.closer = make("p.said", { role: "status" });
    const pace = make("select", { onchange: (event) => { this.pace = Number(event.target.value); } },
      ...[[8, "medium"], [48, "fast"], [144, "fastest"]].map(([ticks, name]) => make("option", { value: ticks, text: `controls.${name}` })));
    const step = (by) => () => this.look((this.chosen + by + this.people) % this.people);
    const everybody = () => Array.from({ length: this.people }, (_, i) => i);
    this.arms.forEach((arm) => {
      arm.network.addEventListener("click", (event) => this.click(arm.network, event));
    });
    this.element = make("div.stack", {},
      make("section.card", {},
        make("p", { text: "community.about" }),
        make("div.row", {}, this.playing, button("controls.step", () => { this.run(false); this.advance(1); this.show(true); }),
          labelled("controls.speed", pace), button("controls.restart", () => this.restart()), this.when),
        make("div.row", {},
          pick("community.people", Object.keys(DATA.networks), this.people, (value) => { this.people = Number(value); }, (value) => digits(Number(value), 0)),
          pick("community.preset", Object.keys(DATA.presets), this.preset, (value) => { this.preset = value; }, (value) => say(`presets.${value}`)),
          pick("community.share", [0.25, 0.5, 1], this.share, (value) => { this.share = Number(value); }, (value) => percent(Number(value)))),
        make("div.row", {},
          button("community.bad_news", () => this.happen(everybody(), "threat", 2), ".main"),
          button("community.kindness", () => this.happen(everybody(), "affiliative", 2)),
          button("community.one_criticised", () => this.happen([this.chosen], "threat", 4)))),
      make("div.arms", {}, ...this.arms.map((arm, k) => make("section.card", {},
        make("h2", { text: k ? "community.without" : "community.with" }), arm.words, arm.network, arm.cloud))),
      make("section.card", {}, make("h2", { text: "community.balance" }), this.difference),
      make("section.card", {}, make("h2", { text: "community.closer" }),
        make("div.row", {}, button("community.previous", step(-1)), button("community.next", step(1))), this.closer));
  }

  run(on) {
    this.running = on;
    worded(this.playing, on ? "controls.pause" : "controls.go_on");
  }

  look(person) {
    this.chosen = person;
    this.show(true);
  }

  click(canvas, event) {
    const box = canvas.getBoundingClientRect(), at = [event.clientX - box.left, event.clientY - box.top];
    const far = (i) => Math.hypot(...this.spot(i, canvas.clientWidth, canvas.clientHeight).map((x, k) => x - at[k]));
    this.look(Array.from({ length: this.people }, (_, i) => i).reduce((best, i) => (far(i) < far(best) ? i : best), 0));
  }

  spot(i, width, height) {
    const edge = 14;
    return [edge + (this.places[2 * i] / 250) * (width - 2 * edge), edge + (this.places[2 * i + 1] / 250) * (height - 2 * edge)];
  }

  advance(ticks) {
    for (let k = 0; k < ticks; k++) {
      this.world.advance(1);
      if (this.world.tick % 12 === 0) this.note();
    }
  }

  frame(seconds) {
    if (!this.running) return;
    this.waiting += seconds * this.pace;
    const begun = performance.now();
    while (this.waiting >= 1 && performance.now() - begun < 7) {
      this.advance(1);
      this.waiting -= 1;
    }
    this.waiting = Math.min(this.waiting, 2);
    this.show(false);
  }

  show(atOnce) {
    this.arms.forEach((arm, k) => {
      const states = this.states(k);
      this.network(arm.network, states, k);
      triangle(arm.cloud, states, this.chosen);
    });
    this.write ??= seldom(2, () => this.words());
    if (atOnce) this.words();
    else this.write();
  }

  network(canvas, states, arm) {
    const height = Math.min((canvas.clientWidth || 320) * 0.75, 380), [pen, width] = sized(canvas, height);
    pen.strokeStyle = LINE;
    pen.lineWidth = 1;
    pen.stroke(this.ties(width, height));
    states.forEach((state, i) => {
      const system = dominant(state), [x, y] = this.spot(i, width, height), trains = this.world.get(arm, i, "start_day") < LAYOUT.never;
      mark(pen, system, x, y, (this.people > 100 ? 3.5 : 5) + 4 * Math.max(...state));
      pen.fillStyle = LOOKS[system].colour;
      pen.fill();
      if (trains) {
        pen.strokeStyle = INK;
        pen.lineWidth = 1.5;
        pen.stroke();
      }
      if (i === this.chosen) ring(pen, x, y, 14);
    });
  }

  /** The lines of all ties, made anew only if people or sizes change. */
  ties(width, height) {
    const size = `${this.people} ${width} ${height}`, { start, source } = this.world.network;
    if (this.tiesSize === size) return this.tiesPath;
    this.tiesSize = size;
    this.tiesPath = new Path2D();
    for (let i = 0; i < this.people; i++) {
      for (let k = start[i]; k < start[i + 1]; k++) {
        if (source[k] > i) continue;
        this.tiesPath.moveTo(...this.spot(i, width, height));
        this.tiesPath.lineTo(...this.spot(source[k], width, height));
      }
    }
    return this.tiesPath;
  }

  words() {
    const who = this.chosen;
    this.arms.forEach((arm, k) => {
      const states = this.states(k), counts = SYSTEMS.map((system) => states.filter((state) => dominant(state) === system).length);
      arm.words.textContent = say("community.counts", {
        counts: SYSTEMS.map((system, n) => `${LOOKS[system].mark} ${say(`systems.${system}`)} ${digits(counts[n], 0)}`).join(" · "),
        balance: digits(this.balances[k].at(-1)[1]),
      });
      arm.network.setAttribute("aria-label", `${say(k ? "community.without" : "community.with")}: ${arm.words.textContent}`);
      arm.cloud.setAttribute("aria-label", arm.words.textContent);
    });
    const describe = (arm) => SYSTEMS.map((s) => `${say(`systems.${s}`)} ${percent(this.world.get(arm, who, s))}`).join(", ");
    this.closer.textContent = say("community.person", {
      number: digits(who + 1, 0), with: describe(0), without: describe(1),
      critic_with: digits(this.world.get(0, who, "effective_self_criticism")), critic_without: digits(this.world.get(1, who, "effective_self_criticism")),
    });
    this.when.textContent = clock(this.world.hours);
    this.curves();
  }

  /** Mean balance of both arms over the days. */
  curves() {
    const size = textSize(), [pen, width] = sized(this.difference, Math.round(11 * size));
    const height = Math.round(11 * size), all = this.balances.flat().map(([, value]) => value), left = 3 * size, right = 9 * size;
    const low = Math.min(...all) - 0.02, high = Math.max(...all) + 0.02, end = Math.max(this.balances[0].at(-1)[0], 1);
    const begin = this.balances[0][0][0];
    const x = (day) => left + ((day - begin) / (end - begin)) * (width - left - right), y = (value) => size + ((high - value) / (high - low)) * (height - 2.6 * size);
    pen.font = `${size}px system-ui, sans-serif`;
    pen.fillStyle = QUIET;
    pen.fillText(digits(high - 0.02), 0, size * 1.4);
    pen.fillText(digits(low + 0.02), 0, height - 1.8 * size);
    pen.fillText(say("community.days", { days: digits(Math.ceil(end), 0) }), width - right - 4 * size, height - 4);
    const ends = this.balances.map((points) => y(points.at(-1)[1])), apart = Math.max(0, 1.2 * size - Math.abs(ends[0] - ends[1])) / 2;
    this.balances.forEach((points, arm) => {
      pen.strokeStyle = INK;
      pen.lineWidth = arm ? 1.5 : 3;
      line(pen, points.map(([day, value]) => [x(day), y(value)]), arm ? [5, 4] : []);
      const below = ends[arm] > ends[1 - arm] || (ends[arm] === ends[1 - arm] && arm) ? apart : -apart;
      pen.fillStyle = INK;
      pen.fillText(say(arm ? "community.short_without" : "community.short_with"), width - right + 6, ends[arm] + below + 4);
    });
    this.difference.setAttribute("aria-label", say("community.balance_words", {
      with: digits(this.balances[0].at(-1)[1]), without: digits(this.balances[1].at(-1)[1]),
    }));
  }
}
