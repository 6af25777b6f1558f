// Rehearsal, second part: behind the page's classes.
class Rehearsal {
  /** `hand`: whose chance it is, how many hours lie between presses, and how many more pass before the next step. */
  constructor(lesson, hand) {
    this.hand = hand;
    this.mind = new Mind(hand.chance);
    this.community = null;
    this.view = "mind";
    this.seen = lesson.steps.map((step) => this.step(step));
  }

  /** Return what is shown now. */
  look() {
    if (this.view === "community") {
      const arm = (k) => Object.fromEntries(this.community.mean(k).map((value, at) => [SYSTEMS[at], value]));
      return { ...arm(0), without: arm(1) };
    }
    const get = (name) => this.mind.world.get(0, 0, name), state = this.mind.state();
    return { ...Object.fromEntries(SYSTEMS.map((name, at) => [name, state[at]])), self_criticism: get("effective_self_criticism"), fear: get("effective_fear_of_compassion_from_others") };
  }

  forward(hours) {
    if (this.view === "community") this.community.advance(Math.round(hours / this.community.world.tickHours));
    else for (let k = Math.round(hours / this.mind.world.tickHours); k > 0; k--) this.mind.step();
  }

  step(step) {
    this.view = step.view ?? this.view;
    if (this.view === "community") this.community ??= new Community({ ...FIRST_COMMUNITY });
    if (step.case) this.mind.choose(step.case);
    if (step.critic !== undefined && step.critic !== this.mind.critic) this.mind.setCritic(step.critic);
    const found = { before: this.look(), after: {}, looked: [] }, [what, name, value] = (step.wait ?? "").split(":");
    let least = 0;
    for (let k = 0; k < (step.times ?? 1); k++) {
      // Practices of one session follow each other while time stands.
      if (k && !(what === "exercise" && step.hold)) this.forward(this.hand.between);
      if (name === "ambiguous_look") found.looked.push(this.mind.state()[0]);
      if (what === "event") this.mind.happen(name);
      if (what === "exercise") this.mind.practise(name);
      if (what === "critic") this.mind.setCritic(name === "on");
      if (what === "community") this.community.happen(this.community.states(0).map((_, i) => i), name, 2);
    }
    if (what === "hours") least = Number(name);
    if (what === "days") least = 24 * Number(name);
    if (what === "landscape") found.before = found.after[0] = this.tips(value ?? "self_criticism");
    if (step.hold) least = step.hold;
    const hours = [...new Set([...(step.looks ?? []), least])].sort((a, b) => a - b);
    let passed = 0;
    for (const hour of hours) {
      this.forward(hour - passed);
      passed = hour;
      if (what !== "landscape") found.after[hour] = this.look();
    }
    // Time that the lesson does not stop goes on while somebody reads.
    if (what && !step.hold && what !== "days") this.forward(this.hand.after);
    return found;
  }

  /** Return the loads at which this mind tips and comes free, as the landscape shows them. */
  tips(load) {
    const two = bistable(landscape(load, quietInputs(this.mind.model), personOf(this.mind.world, 0, 0),
      formulas.coupling(this.mind.model)));
    return two ? { comes_free: two[0], tips: two[1] } : {};
  }
}
