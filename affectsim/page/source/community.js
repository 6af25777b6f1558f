// A community, twice: the same people and the same events, with and without training.
const SHARES = [0.25, 0.5, 1];
/** What the view opens with, and lessons too. */
const FIRST_COMMUNITY = { people: 60, preset: "help-seeking", share: 1 };
/** Systems whose means are drawn: what training is about. */
const DRAWN = ["threat", "soothing"];

class Community {
  /** `settings`: people, preset and share; kept up to date for the link. */
  constructor(settings) {
    Object.assign(this, settings);
    this.settings = settings;
    this.pace = this.usualPace = 8;
    this.running = false;
    this.chosen = 0;
    this.arms = [0, 1].map(() => ({ network: make("canvas", { role: "img" }), cloud: make("canvas", { role: "img" }), words: make("p") }));
    this.build();
    this.restart();
  }

  restart() {
    for (const name of Object.keys(this.settings)) this.settings[name] = this[name];
    this.chosen = Math.min(this.chosen, this.people - 1);
    this.world = makeCommunity({ people: this.people, preset: this.preset, share: this.share });
    this.trained = Array.from({ length: this.people }, (_, i) => this.world.get(0, i, "start_day") < LAYOUT.never);
    this.places = unpack(DATA.networks[this.people].places).d;
    this.means = [[], []];
    this.waiting = 0;
    this.world.advance(16);
    this.note();
    this.show(true);
  }

  states(arm) {
    const { fast } = this.world.population, rows = SYSTEMS.map((system) => LAYOUT.fast[system] * LANES);
    return Array.from({ length: this.people }, (_, i) => {
      const place = (arm * this.world.blocks + Math.floor(i / LANES)) * LAYOUT.fast_rows * LANES + (i % LANES);
      return rows.map((row) => fast[place + row]);
    });
  }

  /** Return the mean activation of each system in an arm. */
  mean(arm) {
    const states = this.states(arm);
    return SYSTEMS.map((_, k) => states.reduce((sum, state) => sum + state[k], 0) / states.length);
  }

  /** Keep the means of both arms, once in three hours. */
  note() {
    this.arms.forEach((_, arm) => this.means[arm].push([this.world.hours / 24, ...this.mean(arm)]));
  }

  happen(who, kind, size) {
    this.world.event(who, kind, size * DATA.everyday[kind]);
    this.show(true);
  }

  /** The same happens to everybody, in both arms. */
  forAll(kind) {
    this.happen(Array.from({ length: this.people }, (_, i) => i), kind, 2);
    this.lesson?.done(`community:${kind}`);
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
    this.closer = make("p.said");
    this.heard = make("p.seen-by-ear", { "aria-live": "polite" });
    this.hear = seldom(8, (text) => { this.heard.textContent = text; });
    this.paces = make("select", { onchange: (event) => { this.pace = Number(event.target.value); } },
      ...[[8, "medium"], [48, "fast"], [144, "fastest"]].map(([ticks, name]) => make("option", { value: ticks, text: `controls.${name}` })));
    const step = (by) => () => this.look((this.chosen + by + this.people) % this.people);
    this.arms.forEach((arm) => {
      arm.network.addEventListener("click", (event) => this.click(arm.network, event));
    });
    this.element = make("div.stack", {},
      make("section.card", {},
        make("p", { text: "community.about" }),
        make("div.row", {}, this.playing, button("controls.step", () => { this.run(false); this.advance(1); this.show(true); }),
          labelled("controls.speed", this.paces), button("controls.restart", () => this.restart()), this.when),
        make("div.row", {},
          pick("community.people", Object.keys(DATA.networks), this.people, (value) => { this.people = Number(value); }, (value) => digits(Number(value), 0)),
          pick("community.preset", Object.keys(DATA.presets), this.preset, (value) => { this.preset = value; }, (value) => say(`presets.${value}`)),
          pick("community.share", SHARES, this.share, (value) => { this.share = Number(value); }, (value) => percent(Number(value)))),
        make("div.row", {},
          button("community.bad_news", () => this.forAll("threat"), ".main"),
          button("community.kindness", () => this.forAll("affiliative")),
          button("community.one_criticised", () => this.happen([this.chosen], "threat", 4)))),
      make("div.arms", {}, ...this.arms.map((arm, k) => make("section.card", {},
        make("h2", { text: k ? "community.without" : "community.with" }), arm.words, arm.network, arm.cloud))),
      make("p.quiet", { text: "community.key" }),
      make("section.card", {}, make("h2", { text: "community.means" }), this.difference),
      make("section.card", {}, make("h2", { text: "community.closer" }),
        make("div.row", {}, button("community.previous", step(-1)), button("community.next", step(1))), this.closer, this.heard));
  }

  /** What a picture of this view holds, row by row. */
  picture() {
    const both = (of) => this.arms.map(of);
    return [[say("community.with"), say("community.without")], both((arm) => arm.words.textContent), both((arm) => arm.network),
      both((arm) => arm.cloud), [`${say("community.means")} (${this.when.textContent})`], [this.difference]];
  }

  run(on) {
    this.running = on;
    worded(this.playing, on ? "controls.pause" : "controls.go_on");
    // Nothing that waits for its turn stays behind what is drawn.
    if (!on) this.show(true);
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
      if (this.world.tick % 6 === 0) this.note();
      this.lesson?.passed(this);
    }
  }

  frame(seconds) {
    if (!this.running) return;
    this.waiting += seconds * this.pace;
    const begun = performance.now();
    while (this.running && this.waiting >= 1 && performance.now() - begun < 7) {
      this.advance(1);
      this.waiting -= 1;
      this.changed = true;
    }
    this.waiting = Math.min(this.waiting, 2);
    // Only what is new is drawn, and on a slow device not in every frame, so that buttons answer at once.
    if (!this.changed || begun < this.restsUntil) return;
    this.show(false);
    this.changed = false;
    const end = performance.now();
    this.restsUntil = end - begun > 12 ? end + (end - begun) : 0;
  }

  show(atOnce) {
    this.arms.forEach((arm, k) => {
      const states = this.states(k), kinds = states.map(dominant);
      this.network(arm.network, states, kinds, k);
      triangle(arm.cloud, states, kinds, this.chosen);
    });
    this.write ??= seldom(2, () => this.words());
    if (atOnce) this.write.now();
    else this.write();
  }

  network(canvas, states, kinds, arm) {
    const height = Math.min((canvas.clientWidth || 320) * 0.75, 380), [pen, width] = sized(canvas, height);
    const ties = this.ties(width, height);
    if (recorder) {
      pen.strokeStyle = LINE;
      pen.lineWidth = 1;
      pen.stroke(ties.path);
    } else pen.drawImage(ties.image, 0, 0, width, height);
    pen.strokeStyle = QUIET;
    pen.lineWidth = 1.5;
    pen.stroke(ties.mine);
    const small = this.people > 200 ? 2.5 : this.people > 100 ? 3.5 : 5;
    for (const system of SYSTEMS) {
      for (const trains of [false, true]) {
        pen.beginPath();
        states.forEach((state, i) => {
          if (kinds[i] !== system || (arm === 0 && this.trained[i]) !== trains) return;
          addMark(pen, system, ...ties.spots[i], small + 4 * state[SYSTEMS.indexOf(system)]);
        });
        pen.fillStyle = LOOKS[system].colour;
        pen.fill();
        pen.strokeStyle = INK;
        pen.lineWidth = 1.5;
        if (trains) pen.stroke();
      }
    }
    ring(pen, ...this.spot(this.chosen, width, height), 14);
  }

  /** The lines of all ties, as a path and as an image, made anew only if people or sizes change. */
  ties(width, height) {
    const size = `${this.people} ${width} ${height} ${this.chosen}`, { start, source } = this.world.network;
    if (this.drawnTies?.size === size) return this.drawnTies;
    const parts = [], own = [];
    for (let i = 0; i < this.people; i++) {
      for (let k = start[i]; k < start[i + 1]; k++) {
        if (source[k] > i) continue;
        const part = `M${this.spot(i, width, height).map(round)}L${this.spot(source[k], width, height).map(round)}`;
        parts.push(part);
        if (i === this.chosen || source[k] === this.chosen) own.push(part);
      }
    }
    const spots = Array.from({ length: this.people }, (_, i) => this.spot(i, width, height));
    const path = new Path2D(parts.join("")), mine = new Path2D(own.join("")), image = make("canvas"), scale = sharpness(), pen = image.getContext("2d");
    path.text = parts.join("");
    mine.text = own.join("");
    Object.assign(image, { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
    pen.scale(scale, scale);
    pen.strokeStyle = LINE;
    pen.stroke(path);
    this.drawnTies = { size, path, mine, image, spots };
    return this.drawnTies;
  }

  words() {
    const who = this.chosen;
    // A mark, its word and its number stay on one line.
    const named = (values) => SYSTEMS.map((system, n) => [LOOKS[system].mark, say(`systems.${system}`), values[n]].join("\u00a0")).join("\u00a0· ");
    this.arms.forEach((arm, k) => {
      const states = this.states(k), counts = SYSTEMS.map((system) => states.filter((state) => dominant(state) === system).length);
      arm.words.textContent = say("community.counts", {
        means: named(this.mean(k).map(percent)), counts: named(counts.map((count) => digits(count, 0))),
      });
      arm.network.setAttribute("aria-label", `${say(k ? "community.without" : "community.with")}: ${arm.words.textContent}`);
      arm.cloud.setAttribute("aria-label", arm.words.textContent);
    });
    const describe = (arm) => SYSTEMS.map((s) => `${say(`systems.${s}`)} ${percent(this.world.get(arm, who, s))}`).join(", ");
    this.closer.textContent = say("community.person", {
      number: digits(who + 1, 0), trains: this.training(who), with: describe(0), without: describe(1),
      critic_with: digits(this.world.get(0, who, "effective_self_criticism")), critic_without: digits(this.world.get(1, who, "effective_self_criticism")),
    });
    this.when.textContent = clock(this.world.hours);
    this.hear(this.arms.map((arm, k) => `${say(k ? "community.without" : "community.with")}: ${arm.words.textContent}`).join(". "));
    this.curves();
  }

  /** Whether a person trains, and if not, how many do to whom there is a tie. */
  training(who) {
    const { start, source } = this.world.network;
    const count = source.slice(start[who], start[who + 1]).filter((one) => this.trained[one]).length;
    return say(`community.${this.trained[who] ? "trains" : count ? "tied" : "apart"}`, { count: digits(count, 0) });
  }

  /** Mean threat and soothing of both arms over the days. */
  curves() {
    const size = textSize(), height = Math.round(15 * size), [pen, width] = sized(this.difference, height);
    const lines = DRAWN.flatMap((system) => this.means.map((points, arm) => {
      const at = 1 + SYSTEMS.indexOf(system), says = `${LOOKS[system].mark} ${say(arm ? "community.short_without" : "community.short_with")}`;
      return { colour: LOOKS[system].colour, arm, says, points: points.map((point) => [point[0], point[at]]) };
    }));
    pen.font = `${size}px system-ui, sans-serif`;
    const left = 3.4 * size, right = 12 + Math.max(...lines.map(({ says }) => pen.measureText(says).width));
    const all = lines.flatMap(({ points }) => points.map(([, value]) => value)), begin = this.means[0][0][0];
    const low = Math.max(Math.min(...all) - 0.02, 0), high = Math.max(...all) + 0.02, end = Math.max(this.means[0].at(-1)[0], 1);
    const x = (day) => left + ((day - begin) / (end - begin)) * (width - left - right), y = (value) => size + ((high - value) / (high - low)) * (height - 2.6 * size);
    pen.fillStyle = QUIET;
    for (const value of [low + 0.02, high - 0.02]) pen.fillText(percent(value), 0, y(value) + 4);
    pen.fillText(say("community.days", { days: digits(Math.ceil(end), 0) }), width - right - 4 * size, height - 4);
    for (const { colour, arm, points } of lines) {
      pen.strokeStyle = colour;
      pen.lineWidth = arm ? 1.5 : 3;
      line(pen, points.map(([day, value]) => [x(day), y(value)]), arm ? [5, 4] : []);
    }
    apart(lines.map((one) => ({ ...one, at: y(one.points.at(-1)[1]) })), 1.15 * size, height - 1.8 * size).forEach(({ colour, says, at }) => {
      pen.fillStyle = colour;
      pen.fillText(says, width - right + 6, at + 4);
    });
    const told = (arm) => DRAWN.map((system) => `${say(`systems.${system}`)} ${percent(this.mean(arm)[SYSTEMS.indexOf(system)])}`).join(", ");
    this.difference.setAttribute("aria-label", say("community.means_words", { with: told(0), without: told(1) }));
  }
}
