// One mind: a person, what happens to them, and what they practise.

/** The traits of the median person, changed as a case says. */
function medianTraits(changes = {}) {
  return Object.fromEntries(TRAIT_NAMES.map((name) => [name, Float64Array.of(changes[name] ?? DATA.traits[name].median)]));
}

/**
 * One mind has weeks neither good nor bad, and days on which nothing happens by itself unless somebody switches it on, so
 * that what a press does is seen for what it is; the community has all of it.
 */
const QUIET_MODEL = { ...DEFAULT_MODEL, circumstances_sd: 0, background_sd: 0 };

/** What is learnt at once, as a share of all there is to learn of one thing, that is next to nothing (assumed). */
const LITTLE = 0.001;

class Mind {
  /** `chance`: where the numbers of presses begin, which tell their draws apart. */
  constructor(chance = 0) {
    this.presses = chance;
    this.model = { ...QUIET_MODEL };
    this.circles = new Circles();
    this.record = new Record();
    this.pace = this.usualPace = 4;
    this.running = true;
    this.total = 0;
    this.build();
    this.choose("alex");
  }

  /** Start again as a fictional person. */
  choose(name) {
    this.name = name;
    this.traits = Object.fromEntries(Object.entries(medianTraits(DATA.cases[name])).map(([trait, values]) => [trait, values[0]]));
    this.critic = false;
    this.cases.value = name;
    this.restart();
  }

  /** The same person again, at eight in the morning after a quiet night. */
  restart() {
    const traits = Object.fromEntries(Object.entries(this.traits).map(([name, value]) => [name, Float64Array.of(value)]));
    this.world = new World({ traits, model: this.model, scheme: "mind", life: 0 });
    this.derive();
    const perHour = Math.round(1 / this.world.tickHours);
    this.world.advance(8 * perHour);
    this.waiting = 0;
    this.record.clear();
    this.now = this.before = this.state();
    this.record.add(this.world.hours, this.now);
    this.told(() => say(this.lesson?.lesson ? "mind.opening_lesson" : "mind.opening", { name: say(`cases.${this.name}.name`) }));
    this.showSwitches();
    this.sliders?.refresh();
    this.show(0, true);
  }

  showSwitches() {
    this.criticButton.setAttribute("aria-checked", String(this.critic));
    this.livelyButton.setAttribute("aria-checked", String(this.lively));
  }

  /** Whether how one feels goes up and down by itself. */
  get lively() {
    return this.model.background_sd > 0;
  }

  setLively(on) {
    this.setModel("background_sd", on ? DEFAULT_MODEL.background_sd : 0);
    this.sliders.refresh();
    this.told(() => say(on ? "mind.lively_on" : "mind.lively_off"));
  }

  /** How strong the critic is when it is on: where a mind can settle in two ways, so that one event can tip it. */
  criticStrength() {
    const calm = personOf(this.world, 0, 0), inputs = quietInputs(this.model);
    const two = bistable(landscape("self_criticism", inputs, calm, formulas.coupling(this.model), 41));
    return two ? Math.max(two[0] + 0.25 * (two[1] - two[0]), this.traits.self_criticism) : 2 * this.traits.self_criticism;
  }

  /** Derive what traits, training and the inner critic make of this person now. */
  derive() {
    this.world.set(0, 0, "self_criticism", this.traits.self_criticism);
    this.world.night();
    if (!this.critic) return;
    this.world.set(0, 0, "self_criticism", this.criticStrength());
    this.world.night();
  }

  setCritic(on) {
    this.critic = on;
    this.showSwitches();
    this.derive();
    this.told(() => say(on ? "mind.critic_on" : "mind.critic_off"));
    this.lesson?.done(on ? "critic:on" : "critic:off");
  }

  /** Change one trait of this person while time goes on. */
  setTrait(name, value) {
    this.traits[name] = value;
    for (const quantity of [name, ...(ATTRIBUTES.includes(name) ? [`baseline_${name}`] : []), ...(name === "power" ? ["current_power"] : [])]) {
      this.world.set(0, 0, quantity, value);
    }
    this.derive();
  }

  /** Change one parameter of the equations while time goes on. */
  setModel(name, value) {
    this.model[name] = value;
    this.world.model = this.model;
    this.world.tables = makeTables(this.model, "mind", [false], 0);
    this.derive();
    this.showSwitches();
  }

  /** Start again with what `settingsNow` has found. */
  take({ name, traits, model, critic }) {
    this.model = { ...QUIET_MODEL };
    this.choose(name);
    Object.assign(this.traits, traits);
    Object.assign(this.model, model);
    this.critic = critic;
    this.restart();
  }

  state() {
    return SYSTEMS.map((system) => this.world.get(0, 0, system));
  }

  /** Say something, again if the language changes: a function that returns the text. */
  told(text) {
    this.said = text;
    this.saidPart.textContent = text();
  }

  /** On a small screen, or in large letters, the circles may be out of sight of the buttons. */
  lookUp() {
    this.circles.element.scrollIntoView({ block: "nearest" });
  }

  happen(name) {
    const kicks = DATA.events[name];
    for (const [kind, times] of Object.entries(kicks)) this.world.event([0], kind, times * DATA.everyday[kind]);
    this.presses += 1;
    const taken = "ambiguous" in kicks ? this.world.appraised(0, this.presses) : null, cost = this.model.cost_of_a_miss;
    this.world.happen(this.presses);
    const more = () => (taken ? ` ${say(`mind.taken.${taken}`, { times: digits(cost, 1) })}` : "");
    this.record.mark(this.world.hours, say(`events.${name}.short`));
    this.told(() => say("mind.happened", { what: say(`events.${name}.name`), assumes: say(`events.${name}.assumes`) + more() }));
    this.lesson?.done(`event:${name}`);
    this.lookUp();
    this.show(0, true);
  }

  practise(kind) {
    this.presses += 1;
    const level = () => LAYOUT.trainable.reduce((sum, name) => sum + this.world.get(0, 0, name), 0);
    const before = level(), worked = this.world.works(0, kind, this.presses);
    const threat = this.world.practise(0, kind, this.presses), learnt = level() - before > LITTLE;
    // Attributes change at once; what they make of the person, in the engine the night's work, is shown now.
    this.world.night();
    const how = worked ? (learnt ? "worked" : "known") : threat > 0 ? "backfired" : "failed";
    this.record.mark(this.world.hours, say(`exercises.${kind}.short`));
    this.told(() => say("mind.happened", {
      what: `${say(`exercises.${kind}.name`)}: ${say(`mind.${how}`)}`, assumes: say(`exercises.${kind}.assumes`),
    }));
    this.lesson?.done(`exercise:${kind}`);
    this.lookUp();
    this.show(0, true);
  }

  build() {
    this.saidPart = make("p.said", { role: "status" });
    this.sentence = make("p.sentence");
    this.heard = make("p.seen-by-ear", { "aria-live": "polite" });
    this.hear = seldom(6, (text) => { if (this.heard.textContent !== text) this.heard.textContent = text; });
    this.feelings = make("ul.feelings");
    this.when = make("span.quiet");
    this.criticButton = button("mind.critic", () => this.setCritic(!this.critic));
    this.livelyButton = button("mind.lively", () => this.setLively(!this.lively));
    for (const one of [this.criticButton, this.livelyButton]) set(one, { role: "switch", "aria-checked": "false" });
    this.playing = button("controls.pause", () => this.run(!this.running));
    this.paces = make("select", { onchange: (event) => { this.pace = Number(event.target.value); } },
      ...[[2, "slow"], [4, "medium"], [12, "fast"], [48, "fastest"]].map(([ticks, name]) =>
        make("option", { value: ticks, text: `controls.${name}` })));
    this.paces.value = String(this.pace);
    this.cases = make("select", { onchange: (event) => this.choose(event.target.value) },
      ...Object.keys(DATA.cases).map((name) => make("option", { value: name, text: `cases.${name}.story` })));
    const events = Object.keys(DATA.events).map((name, k) => happening(`events.${name}`, () => this.happen(name), k ? "" : ".main"));
    const exercises = EXERCISES.map((kind) => happening(`exercises.${kind}`, () => this.practise(kind)));
    this.sliders = new Sliders(this);
    this.element = make("div.two.mind", {},
      make("div.stack", {},
        make("section.card", {}, make("p", { text: "mind.circles" }), this.circles.element, this.saidPart, this.sentence, this.heard,
          make("div.row", {}, this.playing, button("controls.step", () => { this.run(false); this.step(); this.show(0, true); }),
            labelled("controls.speed", this.paces), button("controls.restart", () => this.restart()), this.when),
          make("p.quiet", { text: "mind.key" })),
        make("section.card.later", {}, make("h2", { text: "mind.day" }), this.record.canvas)),
      make("div.stack", {},
        make("section.card", {}, labelled("mind.case", this.cases),
          make("h2", { text: "mind.what_happens" }), make("div.buttons", {}, ...events),
          make("h3", { text: "mind.practise" }), make("div.buttons", {}, ...exercises),
          make("h3", { text: "mind.switches" }), make("div.buttons", {}, this.criticButton, this.livelyButton),
          make("details", {}, make("summary", { text: "mind.assumptions" }), make("ul", {},
            ...[...Object.keys(DATA.events).map((name) => `events.${name}`), ...EXERCISES.map((kind) => `exercises.${kind}`)].map((key) =>
              make("li", {}, make("b", { text: `${key}.name` }), ": ", make("span", { text: `${key}.assumes` })))))),
        make("section.card", {}, make("h2", { text: "mind.feelings" }), this.feelings),
        make("section.card.later", {}, ...this.sliders.parts)));
  }

  /** What a picture of this view holds, row by row. */
  picture() {
    return [[this.circles.element], [this.saidPart.textContent], [this.sentence.textContent], [this.record.canvas]];
  }

  run(on) {
    this.running = on;
    worded(this.playing, on ? "controls.pause" : "controls.go_on");
    // Nothing that waits for its turn stays behind what is drawn.
    if (!on) this.show(this.total, true);
  }

  step() {
    this.before = this.now;
    this.world.advance(1);
    this.now = this.state();
    this.record.add(this.world.hours, this.now);
    this.lesson?.passed(this);
  }

  /** Called for every frame; `seconds` since the last one. */
  frame(seconds, total) {
    this.total = total;
    if (this.running) {
      this.waiting += seconds * this.pace;
      for (let most = 12; this.waiting >= 1 && most && this.running; most--, this.waiting--) this.step();
      this.waiting = Math.min(this.waiting, 1);
    }
    // Without time and without breathing there is nothing new to draw.
    if (this.running || !still.matches) this.show(total, false);
  }

  show(total, atOnce) {
    const part = this.running ? this.waiting : 1, shown = this.now.map((x, k) => this.before[k] + part * (x - this.before[k]));
    const found = pushes(this.now, inputsOf(this.world, 0, 0), personOf(this.world, 0, 0), formulas.coupling(this.model));
    this.circles.show(shown, found, total);
    this.write ??= seldom(1.5, (latest) => this.words(latest));
    // Which system leads is never another one in words than in the circles.
    if (atOnce || dominant(this.now) !== this.leads) this.write.now(found);
    else this.write(found);
  }

  words(found) {
    const name = say(`cases.${this.name}.name`), strongest = this.leads = dominant(this.now);
    const level = strength(Math.max(...this.now)), felt = this.felt();
    const push = found.filter((one) => one.size >= 0.05).slice(0, 2).map((one) => say(`pushes.${one.from}_${one.kind}_${one.to}`));
    this.sentence.textContent = [say("mind.now", { name, system: say(`systems.${strongest}`), level }), ...push].join(" ");
    this.feelings.replaceChildren(...felt.map(([feeling, size]) =>
      make("li", {}, `${say(`feelings.${feeling}.name`)} (${strength(size)}): ${say(`feelings.${feeling}.urge`)}`)));
    // Read aloud: which system leads, not every change of a number.
    this.hear(`${say("mind.now", { name, system: say(`systems.${strongest}`), level })} ${say(`feelings.${felt[0][0]}.name`)}.`);
    this.when.textContent = clock(this.world.hours);
    this.record.show(say("mind.record", { systems: SYSTEMS.map((s, k) => `${say(`systems.${s}`)} ${percent(this.now[k])}`).join(", ") }));
  }

  /** Return the strongest feelings, at most three: [name, size]. */
  felt() {
    const values = { threat: this.now[0], drive: this.now[1], soothing: this.now[2] };
    for (const name of ["effective_fight", "effective_flight", "effective_fear_of_compassion_from_others"]) {
      values[name] = this.world.get(0, 0, name);
    }
    const all = Object.entries(formulas.readouts).map(([name, of]) => [name, of(values)]);
    const strong = all.sort((a, b) => b[1] - a[1]).filter(([, size]) => size > 0.1).slice(0, 3);
    return strong.length ? strong : [all[0]];
  }
}

/** Return inputs of a quiet day: the mean background. */
function quietInputs(model) {
  const [threat, drive, soothing] = formulas.background(model);
  return [threat, drive, soothing, 0, 0, 0, 0];
}

/** Put a label before a control. */
function labelled(key, control) {
  const text = make("span", { text: key });
  return make("label.row", {}, text, control);
}
