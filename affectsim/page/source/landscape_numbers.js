// Where a mind settles: the fast equations alone, with inputs that stay as they are.

/** Let a state settle for some hours (fourth-order steps of three minutes, far below every time constant). */
function settled(state, inputs, person, coupling, hours = 60) {
  const h = 0.05, move = (from, slope, by) => from.map((x, k) => x + by * slope[k]);
  const rates = (at) => kernel.rates(at, inputs, person, coupling);
  for (let time = 0; time < hours; time += h) {
    const a = rates(state), b = rates(move(state, a, h / 2)), c = rates(move(state, b, h / 2)), d = rates(move(state, c, h));
    const next = state.map((x, k) => x + (h / 6) * (a[k] + 2 * b[k] + 2 * c[k] + d[k]));
    const moved = Math.max(...next.map((x, k) => Math.abs(x - state[k])));
    state = next;
    if (moved < 1e-8) break;
  }
  return state;
}

/**
 * What the landscape can be drawn over: how far, how far while it is the load beside the one that is drawn, what a
 * person has of it, and how to set it on inputs and person.
 */
const LOADS = {
  self_criticism: { most: 4, most_beside: 4, of: (person) => person[0], set: (value, inputs, person) => { person[0] = value; } },
  threat_load: { most: 1.5, most_beside: 0.2, of: () => 0, more: [0.05, 0.1, 0.15], set: (value, inputs) => { inputs[0] += value; } },
};

/** Return inputs and person of a mind with a load on top. */
function loaded(load, value, inputs, person) {
  const mine = inputs.slice(), whose = person.slice();
  LOADS[load].set(value, mine, whose);
  return [mine, whose];
}

/** Follow a mind while a load grows, and while it falls again: where it settles on either way. */
function landscape(load, inputs, person, coupling, points = 81) {
  const values = Array.from({ length: points }, (_, k) => (LOADS[load].most * k) / (points - 1));
  const follow = (order, state) => {
    const found = new Array(points);
    for (const k of order) {
      state = settled(state, ...loaded(load, values[k], inputs, person), coupling);
      found[k] = state;
    }
    return found;
  };
  const order = [...values.keys()];
  return { values, up: follow(order, [0.05, 0.3, 0.4]), down: follow(order.slice().reverse(), [0.95, 0.2, 0.02]) };
}

/** Return the loads between which a mind can settle in two ways, or null if nowhere. */
function bistable({ values, up, down }) {
  const two = values.filter((_, k) => Math.abs(up[k][0] - down[k][0]) > 0.05);
  return two.length ? [two[0], two[two.length - 1]] : null;
}
