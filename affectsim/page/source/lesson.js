// Lessons: predict, try, explain, then free play. A lesson is a data file.
class Lessons {
  constructor(page) {
    this.page = page;
    this.element = make("div.stack.lessons");
    this.panel = make("section.card.lesson.hidden");
    this.sheet = make("section.sheet");
    this.help = make("p");
    this.line = make("input", { type: "text", id: "help-line", maxlength: 200 });
    this.line.value = HELP_LINE;
    this.line.addEventListener("input", () => this.showHelp());
    listeners.push(() => this.list(), () => this.show(), () => this.showHelp());
  }

  /** Return the texts of a lesson in the language of the page, or in one that it has. */
  words(lesson) {
    return lesson.texts[language] ?? Object.values(lesson.texts)[0];
  }

  /** The teacher's line about help nearby: kept in this page alone, until it is closed. */
  showHelp() {
    const line = this.line.value.trim();
    this.help.textContent = line ? say("lessons.help_shown", { line }) : "";
  }

  list() {
    const print = (key, lesson, of) => button(key, () => printSheet(this.sheet, of(this.words(lesson)), this.line.value.trim()));
    this.element.replaceChildren(...LESSONS.map((lesson) => {
        const { title, about, discuss, notes } = this.words(lesson);
        const listed = (key, texts) => [make("h3", { text: key }), make("ul", {}, ...texts.map((text) => make("li", {}, text)))];
        return make("section.card", {}, make("h2", {}, title), make("p", {}, about),
          make("p.quiet", {}, say("lessons.minutes", { minutes: digits(lesson.minutes, 0), discuss: digits(lesson.discuss_minutes, 0) })),
          button("lessons.begin", () => this.begin(lesson)),
          make("details", {}, make("summary", { text: "lessons.for_teachers" }),
            ...listed("lessons.notes", notes), ...listed("lessons.discuss", discuss),
            make("div.row", {}, print("lessons.print_handout", lesson, handout),
              print("lessons.print_worksheet", lesson, worksheet))));
      }), make("section.card", {}, make("h2", { text: "lessons.teacher" }),
        make("label", { for: "help-line", text: "lessons.help_line" }), this.line));
  }

  begin(lesson) {
    this.lesson = lesson;
    this.number = 0;
    // Nothing happens by itself and no slider is moved, so that everybody sees the same.
    this.page.mind.setQuiet(true);
    if (lesson.steps.some((step) => step.view === "community")) delete this.page.views.community;
    this.enter();
  }

  enter() {
    const step = this.lesson.steps[this.number];
    this.tried = !step.wait;
    const [what, amount] = step.wait?.split(":") ?? [];
    this.left = what === "hours" || what === "days" ? Number(amount) : step.times ?? 1;
    this.since = null;
    this.answer = null;
    if (step.view) this.page.open(step.view);
    if (step.case) this.page.mind.choose(step.case);
    if (step.critic !== undefined && step.critic !== this.page.mind.critic) this.page.mind.setCritic(step.critic);
    this.show();
    this.panel.scrollIntoView({ block: "start" });
    this.panel.querySelector("h2")?.focus();
  }

  /** Called when something was done that a step may wait for. */
  done(what) {
    if (!this.lesson || this.tried || what !== this.lesson.steps[this.number].wait) return;
    this.left -= 1;
    this.tried = this.left <= 0;
    this.update();
  }

  /** Called as time goes on: `kind` hours or days, and how many there are by now. */
  passed(kind, now) {
    const [wanted, amount] = this.lesson?.steps[this.number].wait?.split(":") ?? [];
    if (wanted !== kind || this.tried) return;
    this.since = Math.min(this.since ?? now, now);
    this.left = Math.max(1, Math.ceil(Number(amount) - (now - this.since)));
    this.tried = now - this.since >= Number(amount);
    this.update();
  }

  show() {
    this.panel.classList.toggle("hidden", !this.lesson);
    if (!this.lesson) return;
    const step = this.lesson.steps[this.number], told = this.words(this.lesson), words = told.steps[this.number];
    const parts = [make("h2", { tabindex: -1 }, `${told.title}: ${say(`lessons.${step.kind}`)} `
      + `(${digits(this.number + 1, 0)}/${digits(this.lesson.steps.length, 0)})`), make("p", {}, words.text)];
    if (words.choices) {
      parts.push(make("fieldset", {}, make("legend", {}, say("lessons.what_do_you_think")), ...words.choices.map((text, k) => {
        const input = make("input", { type: "radio", name: "answer", onchange: () => { this.answer = k; this.update(); } });
        input.checked = this.answer === k;
        return make("label.choice", {}, input, make("span", {}, text));
      })));
    }
    const last = this.number === this.lesson.steps.length - 1;
    this.next = make("button", { type: "button" }, say(last ? "lessons.finish" : "lessons.next"));
    this.next.addEventListener("click", () => {
      if (last) this.stop();
      else { this.number += 1; this.enter(); }
    });
    this.hint = make("p.quiet", { role: "status" });
    const leave = make("button", { type: "button", onclick: () => this.stop() }, say("lessons.leave"));
    this.panel.replaceChildren(...parts, this.hint, make("div.row", {}, this.shortcut(step.wait), this.next, leave));
    this.update();
  }

  /** The button that a step asks for, here as well: on a small screen the other one is out of sight. */
  shortcut(wait = "") {
    const [what, name] = wait.split(":"), { mind, views } = this.page;
    const made = {
      event: ["events.$.name", () => mind.happen(name)], exercise: ["exercises.$.name", () => mind.practise(name)],
      community: [`community.${name === "threat" ? "bad_news" : "kindness"}`, () => views.community.forAll(name)],
    }[what];
    return made ? make("button.main", { type: "button", onclick: made[1] }, say(made[0].replace("$", name))) : null;
  }

  /** Keep the step current without making it anew, so that nobody loses their place in it. */
  update() {
    const step = this.lesson.steps[this.number], choose = this.words(this.lesson).steps[this.number].choices && this.answer === null;
    this.next.disabled = !this.tried || Boolean(choose);
    const [what] = step.wait?.split(":") ?? [], times = this.left > 1 ? "try_more" : "try_first";
    const key = choose ? "choose_first" : this.tried ? (step.wait ? "done" : null) : { hours: "let_hours", days: "let_days" }[what] ?? times;
    const text = key ? say(`lessons.${key}`, { left: digits(this.left, 0) }) : "";
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }

  stop() {
    this.lesson = null;
    this.page.mind.setQuiet(false);
    this.show();
  }
}
