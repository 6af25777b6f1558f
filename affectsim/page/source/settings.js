// Settings in the link, so that a whole class starts from the same state. Whatever a link says is checked: known
// names and numbers within their range, or it is left out.

// Where the numbers of presses may begin.
const CHANCES = 10000;

/** Return what is set now of a mind and of the community. */
function settingsNow({ mind, communitySettings }) {
  const { name, traits, model, critic } = mind;
  return { name, traits: { ...traits }, model: { ...model }, critic, community: { ...communitySettings } };
}

/** Return the settings of the page as the part of an address behind "#". */
function settingsOf(page) {
  const { view, landscape, lessons, chance } = page;
  // In a lesson what was set before it, and where in the lesson somebody is.
  const mind = lessons.kept ?? settingsNow(page), usual = medianTraits(DATA.cases[mind.name]);
  const found = new URLSearchParams({ language, view, person: mind.name });
  for (const name of TRAIT_NAMES) if (mind.traits[name] !== usual[name][0]) found.set(`trait.${name}`, Number(mind.traits[name].toPrecision(6)));
  for (const name of Object.keys(DEFAULT_MODEL)) if (mind.model[name] !== QUIET_MODEL[name]) found.set(`model.${name}`, Number(mind.model[name].toPrecision(6)));
  if (mind.critic) found.set("critic", "on");
  for (const [name, value] of Object.entries(mind.community)) found.set(name, value);
  found.set("load", landscape.load);
  // What somebody has set beside it, as long as the landscape is there: it starts anew when it is opened again.
  if (view === "landscape" && !lessons.lesson && landscape.chosen !== undefined) found.set("beside", landscape.chosen);
  if (lessons.lesson) {
    found.set("lesson", lessons.lesson.name);
    found.set("step", lessons.number + 1);
  }
  if (chance !== undefined) found.set("chance", chance);
  if (document.documentElement.classList.contains("projector")) found.set("projector", "on");
  return found.toString();
}

/** Return what a link may say: checked, with nothing else in it. */
function settingsIn(text) {
  const asked = new URLSearchParams(text), known = (name, values) => values.find((value) => String(value) === asked.get(name));
  const number = (name, low, high) => {
    const value = asked.get(name), found = Number(value);
    return value?.trim() && Number.isFinite(found) ? Math.min(Math.max(found, low), high) : undefined;
  };
  const numbers = (kind, ranges) => Object.fromEntries(Object.entries(ranges)
    .map(([name, { low, high }]) => [name, number(`${kind}.${name}`, low, high)]).filter(([, value]) => value !== undefined));
  const whole = (name, most) => (/^\d+$/.test(asked.get(name)) && asked.get(name).length <= most ? Number(asked.get(name)) : undefined);
  const load = known("load", Object.keys(LOADS)), other = Object.keys(LOADS).find((name) => load && name !== load);
  return {
    language: known("language", Object.keys(STRINGS)), view: known("view", VIEWS), person: known("person", Object.keys(DATA.cases)),
    critic: asked.get("critic") === "on", projector: asked.get("projector") === "on", load,
    beside: other && number("beside", 0, LOADS[other].most_beside),
    lesson: LESSONS.find(({ name }) => name === asked.get("lesson")), step: whole("step", 2),
    chance: whole("chance", 4),
    traits: numbers("trait", DATA.traits),
    model: numbers("model", Object.fromEntries(DATA.shown_parameters.map((name) => [name, DATA.model[name]]))),
    community: Object.fromEntries([
      ["people", known("people", Object.keys(DATA.networks).map(Number))], ["preset", known("preset", Object.keys(DATA.presets))],
      ["share", known("share", SHARES)],
    ].filter(([, value]) => value !== undefined)),
  };
}
