// Sliders: few first, the rest folded; each says what it is, with its unit.
const FIRST = ["self_criticism", "fear_of_self_compassion", "fear_of_compassion_from_others", "threat_gain", "soothing_gain"];

class Sliders {
  constructor(mind) {
    this.mind = mind;
    this.all = [];
    const person = TRAIT_NAMES.filter((name) => !FIRST.includes(name) && name !== "adherence");
    const fold = (key, names, kind) => make("details", {}, make("summary", { text: key }), ...names.map((name) => this.slider(name, kind)));
    this.parts = [
      make("h2", { text: "sliders.person" }), make("p.quiet", { text: "sliders.note" }),
      ...FIRST.map((name) => this.slider(name, "trait")),
      fold("sliders.more", person, "trait"), fold("sliders.equations", DATA.shown_parameters, "model"),
      button("sliders.reset", () => { mind.model = { ...QUIET_MODEL }; mind.choose(mind.name); }),
    ];
  }

  slider(name, kind) {
    const { low, high, unit, median, default: usual } = kind === "trait" ? DATA.traits[name] : DATA.model[name];
    // Far ends of what is allowed help nobody: up to five times the usual value.
    const most = Math.min(high, 5 * (median ?? usual) || high), id = `slider-${name}`;
    const input = make("input", { type: "range", id, min: low, max: most, step: (most - low) / 200 });
    const output = make("output", { for: id }), label = make("label", { for: id }), first = kind === "trait" && FIRST.includes(name);
    const says = first ? make("span.quiet", { id: `${id}-says` }) : null;
    if (says) input.setAttribute("aria-describedby", says.id);
    const value = () => (kind === "trait" ? this.mind.traits?.[name] : this.mind.model[name]);
    const write = () => {
      if (says) says.textContent = meaning(name);
      label.textContent = `${first ? say(`sliders.names.${name}`) : meaning(name)}${unit === "1" ? "" : ` (${say(`units.${unit.replaceAll(" ", "_")}`)})`}`;
      if (value() === undefined) return;
      input.value = value();
      output.textContent = digits(value());
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      this.mind[kind === "trait" ? "setTrait" : "setModel"](name, Number(input.value));
      write();
    });
    listeners.push(write);
    this.all.push(write);
    return make("div.slider", {}, label, output, says, input);
  }

  refresh() {
    this.all.forEach((write) => write());
  }
}
