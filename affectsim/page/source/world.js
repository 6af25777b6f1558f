// Worlds on the page: the arrays that the kernel reads and writes, as the engine builds them.

const LAYOUT = DATA.layout, LANES = LAYOUT.lanes;
const DEFAULT_MODEL = Object.fromEntries(Object.entries(DATA.model).map(([name, p]) => [name, p.default]));
const PRACTICE_MOMENT = unpack(DATA.people.practice_moment), TRAIT_NAMES = Object.keys(DATA.traits);
const ATTRIBUTES = Object.keys(LAYOUT.steady).filter((name) => name.startsWith("baseline_")).map((name) => name.slice(9));
const EXERCISES = DATA.exercises;
const EVENT_KINDS = Object.keys(DATA.everyday);

/** Return the value of a trait at a standard normal number. */
function traitValue(trait, normal) {
  const scaled = trait.spread * normal;
  const value = trait.shape === "lognormal"
    ? trait.median * Math.exp(scaled)
    : 1 / (1 + Math.exp(-(Math.log(trait.median / (1 - trait.median)) + scaled)));
  return Math.min(Math.max(value, trait.low), trait.high);
}

/** Return the distributions of a preset, with `changes` (trait -> {median, spread}) on top. */
function distributions(preset, changes = {}) {
  return Object.fromEntries(TRAIT_NAMES.map((name) =>
    [name, { ...DATA.traits[name], ...DATA.presets[preset].traits[name], ...changes[name] }]));
}

/** Draw everybody's traits: name -> numbers. Whoever is drawn does not depend on how many others there are. */
function drawTraits(preset, people, changes) {
  const drawn = {}, own = (name) => (drawn[name] ??= Float64Array.from({ length: people }, (_, i) =>
    quantile(uniformOf(DATA.people.keys[`trait/${name}`], i))));
  const found = {};
  for (const [name, trait] of Object.entries(distributions(preset, changes))) {
    const row = DATA.presets[preset].mixing[name] ?? { [name]: 1 }, mine = new Float64Array(people);
    for (const [other, weight] of Object.entries(row)) {
      const draws = own(other);
      for (let i = 0; i < people; i++) mine[i] += weight * draws[i];
    }
    found[name] = mine.map((normal) => traitValue(trait, normal));
  }
  return found;
}

/** Return the tables of the kernel for one run per arm; `arms`: whether each trains. */
function makeTables(model, schemeName, arms, life = 1) {
  const runs = arms.length, scheme = DATA.schemes[schemeName], first = unpackAll(DATA.tables);
  const times = unpack(scheme.times), keys = first.keys;
  const repeated = (array) => filled([runs, ...array.n.slice(1)], (_, ...at) =>
    array.d[at.reduce((offset, place, k) => offset * array.n[k + 1] + place, 0)]);
  const rows = (values) => filled([runs, values.length], (_, k) => values[k]);
  const nothing = (array) => filled([runs, ...array.n.slice(1)], (run, ...at) =>
    arms[run] ? array.d[at.reduce((offset, place, k) => offset * array.n[k + 1] + place, 0)] : -1);
  const decay = Array.from(times, (time) => formulas.decay(model, time));
  return {
    coupling: rows(formulas.coupling(model)),
    model: rows(Object.keys(DATA.model).map((name) => model[name])),
    decay: filled([runs, times.length, decay[0].length], (_, at, kind) => decay[at][kind]),
    signal_weights: unpack(scheme.signal_weights),
    given_back: unpack(scheme.given_back),
    exchange_steps: unpack(scheme.exchange_steps),
    step_hours: unpack(scheme.step_hours),
    middle_step: scheme.middle_step,
    background: rows(formulas.background(model)),
    circumstances: rows(formulas.circumstances(model)),
    thresholds: repeated(first.thresholds),
    intensity: filled([runs, ...first.intensity.n.slice(1)], (_, source, kind) => life * first.intensity.d[4 * source + kind]),
    keys: { d: Uint32Array.from(repeated(keys).d), n: [runs, ...keys.n.slice(1)] },
    event_start: null, event_person: [], event_kind: [], event_size: [], event_again: [],
    home: nothing(first.home),
    informal: repeated(first.informal),
    session: nothing(first.session),
    session_moment: nothing(first.session_moment),
    session_hope: repeated(first.session_hope),
    attendance: Float64Array.from(arms, (trains) => (trains ? first.attendance[0] : 0)),
    exercises: first.exercises,
    forget: new Float64Array(runs).fill(formulas.forget(model)),
    power_step: new Float64Array(runs).fill(formulas.power_step(model, scheme.tick_hours)),
    risk: rows(formulas.risk(model)),
    bonds: repeated(first.bonds),
    ticks_per_moment: Math.round(24 / DATA.moments_per_day / scheme.tick_hours),
    moments_per_day: DATA.moments_per_day,
  };
}

/** A world: the same people in one run per arm, with or without ties. */
class World {
  /** `traits`: name -> numbers; `trained`: per arm, who trains; `startDay`: of training. */
  constructor({ traits, model = DEFAULT_MODEL, scheme = "community", arms = [false], trained = [], startDay = 0,
    network = null, life = 1 }) {
    Object.assign(this, { model, network, people: traits.self_criticism.length, arms: arms.length, tick: 0 });
    this.blocks = Math.ceil(this.people / LANES);
    this.tickHours = DATA.schemes[scheme].tick_hours;
    this.tables = makeTables(model, scheme, arms, life);
    this.events = [];
    const blocks = this.blocks * arms.length, slots = blocks * LANES;
    const numbers = Array.from({ length: blocks }, (_, block) => block);
    this.population = {
      fast: new Float64Array(slots * LAYOUT.fast_rows), slow: new Float32Array(slots * LAYOUT.slow_rows),
      steady: new Uint16Array(slots * LAYOUT.steady_rows), given: new Float32Array(8 * slots),
      block_run: Int32Array.from(numbers, (block) => Math.floor(block / this.blocks)),
      block_first: Int32Array.from(numbers, (block) => (block % this.blocks) * LANES),
      run_blocks: Int32Array.from({ length: arms.length + 1 }, (_, arm) => arm * this.blocks),
      ...this.ties(slots),
      circumstances: new Float32Array(2 * slots),
      tie_base: new Float32Array(0), tie_strength: new Float32Array(0), tie_distrust: new Float32Array(0),
      tie_group: new Int32Array(0), day: new Float32Array(0),
    };
    for (let arm = 0; arm < arms.length; arm++) this.settle(arm, traits, arms[arm] ? trained : [], startDay);
  }

  /** Put everybody of an arm at rest, with their traits and their days of training. */
  settle(arm, traits, trained, startDay) {
    const rest = (name) => traits[`${name}_baseline`].map((x) => Math.fround(x) / (1 + Math.fround(x)));
    const rounded = (name) => traits[name].map((x) => Math.round(x * LAYOUT.steady_units) / LAYOUT.steady_units);
    const everybody = (value) => new Float64Array(this.people).fill(value);
    const values = { ...traits };
    for (const name of ATTRIBUTES) values[name] = values[`baseline_${name}`] = rounded(name);
    values.current_power = traits.power;
    values.practice_time = Float64Array.from(PRACTICE_MOMENT, (moment) => (moment + 0.5) / DATA.moments_per_day);
    values.start_day = everybody(LAYOUT.never).map((never, i) => (trained[i] ? startDay : never));
    values.stop_day = everybody(LAYOUT.never);
    values.skill = everybody(1);
    values.session_warmth = everybody(0).map((none, i) => (trained[i] ? DATA.session_warmth : none));
    for (const name of ["threat", "drive", "soothing"]) {
      values[name] = rest(name);
      values[`background_${name}`] = everybody(this.model[`background_${name}`]);
    }
    for (const [name, numbers] of Object.entries(values)) this.fill(arm, name, numbers);
  }

  /** Fill a quantity of all lanes: spare lanes are idle copies that never train. */
  fill(arm, name, numbers) {
    for (let lane = 0; lane < this.blocks * LANES; lane++) {
      const spare = lane >= this.people && (name === "start_day" || name === "stop_day");
      this.set(arm, lane, name, spare ? LAYOUT.never : numbers[lane % this.people]);
    }
  }

  /** Return which array holds a quantity of a person, and where. */
  at(arm, person, name) {
    const block = arm * this.blocks + Math.floor(person / LANES), lane = person % LANES;
    for (const [array, rows, count] of [["fast", LAYOUT.fast, LAYOUT.fast_rows], ["steady", LAYOUT.steady, LAYOUT.steady_rows],
      ["slow", LAYOUT.slow, LAYOUT.slow_rows]]) {
      if (name in rows) return [this.population[array], (block * count + rows[name]) * LANES + lane, array === "steady"];
    }
    throw new Error(`unknown quantity ${name}`);
  }

  get(arm, person, name) {
    const [array, place, shares] = this.at(arm, person, name);
    return shares ? array[place] / LAYOUT.steady_units : array[place];
  }

  set(arm, person, name, value) {
    const [array, place, shares] = this.at(arm, person, name);
    array[place] = shares ? Math.round(value * LAYOUT.steady_units) : value;
  }

  /** Return the ties as the kernel reads them, the same in every arm. */
  ties(slots) {
    const start = new Int32Array(slots + 1), share = new Float32Array(slots), none = new Float32Array(0);
    if (!this.network) {
      return { tie_start: start, tie_source: new Uint32Array(0), tie_share: share, tie_weight: none, tie_warmth: none };
    }
    const { start: from, source, weight } = this.network, sources = [], weights = [];
    for (let slot = 0; slot < slots; slot++) {
      const person = slot % (this.blocks * LANES), first = slot - person;
      if (person < this.people) {
        const mine = weight.subarray(from[person], from[person + 1]);
        share[slot] = 1 / (this.model.tie_half_weight + mine.reduce((a, b) => a + b, 0));
        mine.forEach((w, k) => {
          sources.push(4 * (first + source[from[person] + k]));
          weights.push(w);
        });
      }
      start[slot + 1] = sources.length;
    }
    const each = weights.every((w) => w === 1) ? none : Float32Array.from(weights);
    return { tie_start: start, tie_source: Uint32Array.from(sources), tie_share: share, tie_weight: each, tie_warmth: each };
  }

  /** Let an event reach people (in every arm) at the next tick; `kind`: see EVENT_KINDS. */
  event(people, kind, size) {
    for (let arm = 0; arm < this.arms; arm++) {
      for (const person of people) {
        this.events.push([arm, arm * this.blocks * LANES + person, EVENT_KINDS.indexOf(kind), size]);
      }
    }
  }

  /** Apply the events that wait. `number` tells their draws apart. */
  happen(number) {
    for (let arm = 0; arm < this.arms; arm++) this.apply(arm, this.events.filter(([whose]) => whose === arm), number, this.tables);
    this.events = [];
  }

  /** Apply events of an arm. */
  apply(arm, events, number, tables) {
    const column = (k) => events.map((event) => event[k]);
    // One table for whichever arm reads it (rows of length 0, so that all begin at the same place); the draws use `number`.
    const start = new Int32Array(number + 2);
    start[number + 1] = events.length;
    kernel.dated_events(this.population, {
      ...tables, event_start: { d: start, n: [0, 0] }, event_person: column(1), event_kind: column(2), event_size: column(3),
      event_again: events.map(() => 0),
    }, arm, number, 0, this.blocks * this.arms);
  }

  /**
   * Return how a person takes an ambiguous event that is now to happen: "harmless", "threat", or "overlooked" if it means
   * ill and is not taken for a threat. The kernel appraises it for trial, at a cost of a miss that tells the three apart.
   */
  appraised(person, number) {
    const model = { ...this.tables.model, d: this.tables.model.d.slice() };
    model.d[Object.keys(DATA.model).indexOf("cost_of_a_miss")] = 2;
    const rise = this.tried(person, () =>
      this.apply(0, [[0, person, EVENT_KINDS.indexOf("ambiguous"), 1]], number, { ...this.tables, model }));
    return ["harmless", "threat", "overlooked"][rise];
  }

  /** Return whether an exercise that is now to be done works. For trial it does nothing, and to fail at it is a threat. */
  works(person, exercise, number) {
    const fields = DATA.exercise_fields, { d, n } = this.tables.exercises, which = EXERCISES.indexOf(exercise);
    const trial = { failure_blame: 1, failure_threat: 1, failure_raises_fears: 0, association_threat: 1 };
    const row = fields.map((name, at) => trial[name] ?? (/^failure_|^known_/.test(name) ? d[which * fields.length + at] : 0));
    const exercises = { d: Float64Array.from(d), n };
    exercises.d.set(row, which * fields.length);
    return this.tried(person, () => this.exercise(0, person, exercise, number, { ...this.tables, exercises })) === 0;
  }

  /** Return by how much something that is only tried raises threat's input, in whole numbers. */
  tried(person, action) {
    const before = this.get(0, person, "u_threat");
    action();
    const rise = this.get(0, person, "u_threat") - before;
    this.set(0, person, "u_threat", before);
    return Math.round(rise);
  }

  /** Let a person (in every arm) do an exercise now. Returns by how much it raised threat's input. */
  practise(person, exercise, number) {
    const before = this.get(0, person, "u_threat");
    for (let arm = 0; arm < this.arms; arm++) this.exercise(arm, person, exercise, number, this.tables);
    return this.get(0, person, "u_threat") - before;
  }

  exercise(arm, person, exercise, number, tables) {
    const block = arm * this.blocks + Math.floor(person / LANES);
    kernel.practise(this.population, tables, block, person % LANES, person, EXERCISES.indexOf(exercise), number, 0, 1, 1);
  }

  /** Derive what traits and training make of people today. */
  night() {
    for (let block = 0; block < this.blocks * this.arms; block++) kernel.night(this.population, this.tables, block, 0);
  }

  /** Advance by some ticks. */
  advance(ticks = 1) {
    if (this.events.length) this.happen(Math.floor(this.tick / this.tables.ticks_per_moment));
    const moments = (Math.floor((this.tick + ticks) / this.tables.ticks_per_moment) + 2) * this.arms;
    if (!this.tables.event_start || this.tables.event_start.d.length < moments) {
      this.tables.event_start = { d: new Int32Array(2 * moments), n: [this.arms, Math.ceil((2 * moments) / this.arms)] };
    }
    kernel.advance(this.population, this.tables, this.tick, ticks, 1e9, NO_ROWS, this.chosen ??= this.nobody(), NO_RECORD, NO_ROWS, 0, 1);
    this.tick += ticks;
  }

  nobody() {
    return new Int32Array(this.population.tie_start.length - 1).fill(-1);
  }

  get hours() {
    return this.tick * this.tickHours;
  }
}

const NO_ROWS = new Int32Array(0), NO_RECORD = { d: new Float64Array(0), n: [1, 5, 0] };

/** Return the person of the fast equations (dynamics.Person) as an array. */
function personOf(world, arm, person) {
  return ["effective_self_criticism", "effective_fear_of_self_compassion", "effective_fear_of_compassion_from_others",
    "effective_threat_gain", "drive_gain", "effective_soothing_gain", "threat_baseline", "drive_baseline",
    "soothing_baseline", "effective_flight", "effective_submission"].map((name) => world.get(arm, person, name));
}

/** Return the inputs of the fast equations (dynamics.Inputs) of a person at this moment. */
function inputsOf(world, arm, person) {
  const get = (name) => world.get(arm, person, name);
  return [
    get("u_threat") + get("background_threat"), get("u_resource") + get("background_drive"),
    get("u_affiliation") + get("background_soothing"), get("u_practice") + get("u_body"), get("u_ease"),
    // What reaches a person from ties as the tick ends, predicted from the last exchange.
    Math.max(get("warmth_predicted"), 0), Math.max(get("hostility_predicted"), 0),
  ];
}

/** Return the ties of a community: who is tied to person i stands in source[start[i]] to source[start[i + 1] - 1]. */
function networkOf(people) {
  const { degree, ...network } = unpackAll(DATA.networks[people]), start = new Int32Array(people + 1);
  degree.forEach((ties, i) => { start[i + 1] = start[i] + ties; });
  return { ...network, start };
}

/** Return a community of the page. */
function makeCommunity({ people, preset = "general", share = 1, model = DEFAULT_MODEL, changes = {}, life = 1, startDay = 0 }) {
  const lots = Array.from({ length: people }, (_, i) => uniformOf(DATA.people.keys[DATA.lots], i));
  const order = [...lots.keys()].sort((a, b) => lots[a] - lots[b]);
  const trained = new Array(people).fill(false);
  order.slice(0, Math.round(share * people)).forEach((person) => { trained[person] = true; });
  return new World({
    traits: drawTraits(preset, people, changes), model, arms: [true, false], trained, startDay, life,
    network: networkOf(people),
  });
}
