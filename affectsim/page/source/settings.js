// Settings in the link, so that a whole class starts from the same state. Whatever a link says is checked: known
// names and numbers within their range, or it is left out.

// Where the numbers of presses may begin.
const CHANCES = 10000;

/** Return the settings of the page as the part of an address behind "#". */
function settingsOf({ view, mind, communitySettings, landscape, chance }) {
  const found = new URLSearchParams({ language, view, person: mind.name });
  const usual = medianTraits(DATA.cases[mind.name]);
  for (const name of TRAIT_NAMES) if (mind.traits[name] !== usual[name][0]) found.set(`trait.${name}`, Number(mind.traits[name].toPrecision(6)));
  for (const name of Object.keys(DEFAULT_MODEL)) if (mind.model[name] !== DEFAULT_MODEL[name]) found.set(`model.${name}`, Number(mind.model[name].toPrecision(6)));
  if (mind.critic) found.set("critic", "on");
  for (const [name, value] of Object.entries(communitySettings)) found.set(name, value);
  found.set("load", landscape.load);
  if (chance !== undefined) found.set("chance", chance);
  if (document.documentElement.classList.contains("projector")) found.set("projector", "on");
  return found.toString();
}

/** Return what a link may say: checked, with nothing else in it. */
function settingsIn(text) {
  const asked = new URLSearchParams(text), known = (name, values) => values.find((value) => String(value) === asked.get(name));
  const numbers = (kind, ranges) => Object.fromEntries(Object.keys(ranges).flatMap((name) => {
    const value = asked.get(`${kind}.${name}`), number = Number(value);
    if (!value?.trim() || !Number.isFinite(number)) return [];
    return [[name, Math.min(Math.max(number, ranges[name].low), ranges[name].high)]];
  }));
  return {
    language: known("language", Object.keys(STRINGS)), view: known("view", VIEWS), person: known("person", Object.keys(DATA.cases)),
    critic: asked.get("critic") === "on", projector: asked.get("projector") === "on", load: known("load", Object.keys(LOADS)),
    chance: /^\d{1,4}$/.test(asked.get("chance")) ? Number(asked.get("chance")) : undefined,
    traits: numbers("trait", DATA.traits),
    model: numbers("model", Object.fromEntries(DATA.shown_parameters.map((name) => [name, DATA.model[name]]))),
    community: Object.fromEntries([
      ["people", known("people", Object.keys(DATA.networks).map(Number))], ["preset", known("preset", Object.keys(DATA.presets))],
      ["share", known("share", SHARES)],
    ].filter(([, value]) => value !== undefined)),
  };
}
