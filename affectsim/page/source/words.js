// Words and numbers in the language of the page.
let language = "en";
const listeners = [];

/** Return a text by its dotted key, with {names} filled in. */
function say(key, values = {}) {
  const found = key.split(".").reduce((table, name) => table?.[name], STRINGS[language]);
  return (found ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Return the language of the page as this device's region writes it. */
function locale() {
  return navigator.languages?.find((name) => name.startsWith(language)) ?? language;
}

/** Return the time of day of a number of hours. */
function timeOf(hours) {
  const time = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  return time.format(new Date(Math.round((hours % 24) * 60) * 60000));
}

/** Return a number with some decimals. */
function digits(value, decimals = 2) {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: decimals, minimumFractionDigits: decimals }).format(value);
}

/** Return a share as a percentage. */
function percent(value) {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(value);
}

/** Return how long some hours are: in minutes, hours or days, rounded up. */
function duration(hours) {
  const [size, unit] = hours < 1 ? [1 / 60, "minute"] : hours <= 48 ? [1, "hour"] : [24, "day"];
  const format = new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return format.format(Math.ceil(hours / size - 1e-6));
}

/** Return "day 2, 14:30" of hours since midnight of day 1. */
function clock(hours) {
  return say("time", { day: digits(Math.floor(hours / 24) + 1, 0), clock: timeOf(hours) });
}

/** Return how active a system is, in a word. */
function strength(activation) {
  const at = [0.12, 0.3, 0.5, 0.7].filter((limit) => activation >= limit).length;
  return say(`strength.${at}`);
}

/** Return what a parameter or trait means; the engine's own words unless there is a translation. */
function meaning(name) {
  return STRINGS[language].parameters?.[name] ?? (DATA.model[name] ?? DATA.traits[name]).meaning;
}

/** Keep the text of an element in the language of the page. */
function worded(element, key, values) {
  const write = () => { element.textContent = say(key, values); };
  listeners.push(write);
  write();
  return element;
}
