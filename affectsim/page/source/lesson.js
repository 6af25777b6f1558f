// Lessons: predict, try, explain, then free play. A lesson is a data file.
class Lessons {
  constructor(page) {
    this.page = page;
    this.element = make("div.stack");
    this.panel = make("section.card.lesson.hidden", { "aria-live": "polite" });
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
    this.element.replaceChildren(make("section.card", {}, make("label", { for: "help-line", text: "lessons.help_line" }), this.line),
      ...LESSONS.map((lesson) => {
        const { title, about, discuss, notes } = this.words(lesson);
        const listed = (key, texts) => [make("h3", { text: key }), make("ul", {}, ...texts.map((text) => make("li", {}, text)))];
        return make("section.card", {}, make("h2", {}, title), make("p", {}, about),
          make("p.quiet", {}, say("lessons.minutes", { minutes: digits(lesson.minutes, 0), discuss: digits(lesson.discuss_minutes, 0) })),
          button("lessons.begin", () => this.begin(lesson)),
          make("details", {}, make("summary", { text: "lessons.for_teachers" }),
            ...listed("lessons.notes", notes), ...listed("lessons.discuss", discuss),
            make("div.row", {}, print("lessons.print_handout", lesson, handout),
              print("lessons.print_worksheet", lesson, worksheet))));
      }));
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
    this.left = step.times ?? 1;
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
    this.show();
  }

  /** Called as time goes on: `kind` hours or days, and how many there are by now. */
  passed(kind, now) {
    const [wanted, amount] = this.lesson?.steps[this.number].wait?.split(":") ?? [];
    if (wanted !== kind || this.tried) return;
    this.since = Math.min(this.since ?? now, now);
    if (now - this.since >= Number(amount)) {
      this.tried = true;
      this.show();
    }
  }

  show() {
    this.panel.classList.toggle("hidden", !this.lesson);
    if (!this.lesson) return;
    const step = this.lesson.steps[this.number], told = this.words(this.lesson), words = told.steps[this.number];
    const parts = [make("h2", { tabindex: -1 }, `${told.title}: ${say(`lessons.${step.kind}`)} `
      + `(${digits(this.number + 1, 0)}/${digits(this.lesson.steps.length, 0)})`), make("p", {}, words.text)];
    if (words.choices) {
      parts.push(make("fieldset", {}, make("legend", {}, say("lessons.what_do_you_think")), ...words.choices.map((text, k) => {
        const input = make("input", { type: "radio", name: "answer", onchange: () => { this.answer = k; this.show(); } });
        input.checked = this.answer === k;
        return make("label.choice", {}, input, make("span", {}, text));
      })));
    }
    const last = this.number === this.lesson.steps.length - 1, ready = this.tried && (!words.choices || this.answer !== null);
    const next = make("button", { type: "button" }, say(last ? "lessons.finish" : "lessons.next"));
    next.disabled = !ready;
    next.addEventListener("click", () => {
      if (last) this.stop();
      else { this.number += 1; this.enter(); }
    });
    if (!ready) parts.push(make("p.quiet", {}, say(this.tried ? "lessons.choose_first" : this.left > 1 ? "lessons.try_more" : "lessons.try_first", { left: digits(this.left, 0) })));
    const leave = make("button", { type: "button", onclick: () => this.stop() }, say("lessons.leave"));
    this.panel.replaceChildren(...parts, make("div.row", {}, next, leave));
  }

  stop() {
    this.lesson = null;
    this.page.mind.setQuiet(false);
    this.show();
  }
}
