// Rehearsal, second part: behind the page's classes.
class Rehearsal {
  constructor(lesson) {
    this.lesson = lesson;
    this.mind = new Mind();
    this.mind.setQuiet(true);
    this.community = null;
    this.view = "mind";
    this.seen = lesson.steps.map((step) => this.step(step));
  }

  /** Return what is shown now. */
  look() {
    if (this.view === "community") {
      const mean = (arm, of) => {
        const all = this.community.states(arm);
        return all.reduce((sum, state) => sum + of(state), 0) / all.length;
      };
      const arm = (k) => Object.fromEntries([...SYSTEMS.map((name, at) => [name, mean(k, (state) => state[at])]),
        ["balance", mean(k, (state) => kernel.balance(...state))]]);
      return { ...arm(0), without: arm(1) };
    }
    const get = (name) => this.mind.world.get(0, 0, name), state = this.mind.state();
    return { ...Object.fromEntries(SYSTEMS.map((name, at) => [name, state[at]])), balance: kernel.balance(...state),
      self_criticism: get("effective_self_criticism"), fear: get("effective_fear_of_compassion_from_others") };
  }

  forward(hours) {
    if (this.view === "community") this.community.advance(Math.round(hours / this.community.world.tickHours));
    else for (let k = Math.round(hours / this.mind.world.tickHours); k > 0; k--) this.mind.step();
  }

  step(step) {
    this.view = step.view ?? this.view;
    if (this.view === "community") this.community ??= new Community({ people: 60, preset: "help-seeking", share: 1 });
    if (step.case) this.mind.choose(step.case);
    if (step.critic !== undefined && step.critic !== this.mind.critic) this.mind.setCritic(step.critic);
    const found = { before: this.look(), after: {} }, [what, name, value] = (step.wait ?? "").split(":");
    let least = 0;
    for (let k = 0; k < (step.times ?? 1); k++) {
      if (what === "event") this.mind.happen(name);
      if (what === "exercise") this.mind.practise(name);
      if (what === "critic") this.mind.setCritic(name === "on");
      if (what === "community") this.community.happen(this.community.states(0).map((_, i) => i), name, 2);
    }
    if (what === "hours") least = Number(name);
    if (what === "days") least = 24 * Number(name);
    if (what === "landscape") found.before = found.after[0] = this.tips(value ?? "self_criticism");
    const hours = [...new Set([...(step.looks ?? []), least || (what ? 1 : 0)])].sort((a, b) => a - b);
    let passed = 0;
    for (const hour of hours) {
      this.forward(hour - passed);
      passed = hour;
      if (what !== "landscape") found.after[hour] = this.look();
    }
    return found;
  }

  /** Return the loads at which this mind tips and comes free, as the landscape shows them. */
  tips(load) {
    const two = bistable(landscape(load, quietInputs(this.mind.model), personOf(this.mind.world, 0, 0),
      formulas.coupling(this.mind.model)));
    return two ? { comes_free: two[0], tips: two[1] } : {};
  }
}
