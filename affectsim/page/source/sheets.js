// Sheets to print: a hand-out and a worksheet of a lesson. Texts become text, never markup.

/** Return the parts of the hand-out of a lesson's texts. */
function handout({ title, about, points, practise }) {
  return [make("h1", {}, title), make("p", {}, about), make("h2", {}, say("lessons.points")),
    make("ul", {}, ...points.map((text) => make("li", {}, text))), make("h2", {}, say("lessons.practise")), make("p", {}, practise)];
}

/** Return the parts of the worksheet: what is expected, what was seen, what there is to discuss, with room to write. */
function worksheet({ title, about, steps, discuss }, lesson) {
  const room = () => make("p.room"), listed = lesson.steps.map(({ kind, write }, k) => {
    const { text, choices } = steps[k], asked = kind === "predict" ? "expect" : kind;
    if (!["expect", "try"].includes(asked)) return [];
    return [make("h2", {}, say("lessons.step", { number: digits(k + 1, 0), what: say(`lessons.${asked}`) })), make("p", {}, text),
      ...(choices ? [make("ul.boxes", {}, ...choices.map((choice) => make("li", {}, choice)))] : []),
      ...(write ? [make("p.asked", {}, say("lessons.saw")), room(), room()] : [])];
  });
  return [make("h1", {}, title), make("p", {}, about), ...listed.flat(), make("h2", {}, say("lessons.discuss")),
    ...discuss.flatMap((text) => [make("p", {}, text), room()])];
}

/** Print parts alone, with the disclaimer and the teacher's line about help nearby. */
function printSheet(sheet, parts, line) {
  const foot = [say("page.disclaimer"), say("page.kind")];
  if (line) foot.push(say("lessons.help_shown", { line }));
  sheet.replaceChildren(...parts, make("footer.disclaimer", {}, ...foot.map((text) => make("p", {}, text))));
  const root = document.documentElement;
  root.classList.add("printing");
  addEventListener("afterprint", () => root.classList.remove("printing"), { once: true });
  print();
}
