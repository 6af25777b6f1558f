// Lessons: predict, try, explain, then free play. A lesson is a data file.
class Lessons {
  constructor(page) {
    this.page = page;
    this.element = make("div.stack");
    this.panel = make("section.card.lesson.hidden", { "aria-live": "polite" });
    listeners.push(() => this.list(), () => this.show());
  }

  list() {
    this.element.replaceChildren(...LESSONS.map((lesson) => {
      const { title, about, discuss } = lesson[language];
      return make("section.card", {}, make("h2", {}, title), make("p", {}, about),
        make("p.quiet", {}, say("lessons.minutes", { minutes: digits(lesson.minutes, 0) })),
        button("lessons.begin", () => this.begin(lesson)),
        make("details", {}, make("summary", { text: "lessons.for_teachers" }), make("ul", {}, ...discuss.map((text) => make("li", {}, text)))));
    }));
  }

  begin(lesson) {
    this.lesson = lesson;
    this.number = 0;
    this.enter();
  }

  enter() {
    const step = this.lesson.steps[this.number];
    this.tried = !step.wait;
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
    if (!this.lesson || this.tried || !what.startsWith(this.lesson.steps[this.number].wait)) return;
    this.tried = true;
    this.show();
  }

  show() {
    this.panel.classList.toggle("hidden", !this.lesson);
    if (!this.lesson) return;
    const step = this.lesson.steps[this.number], words = this.lesson[language].steps[this.number];
    const parts = [make("h2", { tabindex: -1 }, `${this.lesson[language].title}: ${say(`lessons.${step.kind}`)} `
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
    if (!ready) parts.push(make("p.quiet", {}, say(this.tried ? "lessons.choose_first" : "lessons.try_first")));
    const leave = make("button", { type: "button", onclick: () => this.stop() }, say("lessons.leave"));
    this.panel.replaceChildren(...parts, make("div.row", {}, next, leave));
  }

  stop() {
    this.lesson = null;
    this.show();
  }
}
