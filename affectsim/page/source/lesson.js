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
    const print = (key, lesson, of) => button(key, () => printSheet(this.sheet, of(this.words(lesson), lesson), this.line.value.trim()));
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

  /** Begin a lesson, or go on in it where it was left, as far as that can be seen again. */
  begin(lesson, number = 0) {
    const { mind, communitySettings, views } = this.page;
    // Nothing happens by itself, and no slider or choice from before counts, so that everybody sees the same; whatever
    // it was comes back when the lesson ends.
    this.kept ??= settingsNow(this.page);
    this.lesson = lesson;
    this.number = seenAgain(lesson.steps, number);
    this.again = this.number < number;
    Object.assign(communitySettings, FIRST_COMMUNITY);
    delete views.community;
    mind.model = { ...QUIET_MODEL };
    mind.choose(this.latest("case") ?? Object.keys(DATA.cases)[0]);
    if (this.latest("critic")) mind.setCritic(true);
    this.enter();
  }

  get step() {
    return this.lesson.steps[this.number];
  }

  /** Return what the last step up to this one that says `key` says. */
  latest(key) {
    return this.lesson.steps.slice(0, this.number + 1).findLast((step) => step[key] !== undefined)?.[key];
  }

  /** The view that the lesson is in; somebody may look at another one in between. */
  get home() {
    return this.latest("view") ?? "mind";
  }

  enter() {
    const { step } = this, { mind } = this.page, [what, amount] = step.wait?.split(":") ?? [];
    const time = { hours: 1, days: 24 }[what];
    // How often something is still to be done, and how many hours are to pass then.
    this.left = what && !time ? step.times ?? 1 : 0;
    this.due = this.span = time ? time * Number(amount) : step.hold ?? 0;
    this.answer = null;
    // First who it is about, and then the view, which may draw them.
    if (step.case) {
      mind.choose(step.case);
      this.release();
    }
    if (step.critic !== undefined && step.critic !== mind.critic) mind.setCritic(step.critic);
    if (step.view || this.page.view !== this.home || !this.page.views[this.home]) this.page.open(this.home);
    this.since = this.hours;
    this.show();
    this.panel.scrollIntoView({ block: "start" });
    this.panel.querySelector("h2")?.focus();
  }

  get tried() {
    return this.left === 0 && this.due === 0;
  }

  /** Return what time it is in the view of the lesson. */
  get hours() {
    return this.page.views[this.home].world?.hours ?? 0;
  }

  /** Called when something was done that a step may wait for. Time that the lesson has stopped goes on then. */
  done(what) {
    if (!this.lesson) return;
    this.release();
    if (this.left === 0 || what !== this.step.wait) return;
    this.left -= 1;
    this.since = this.hours;
    // Practices of one session follow each other while time stands, however fast somebody presses.
    if (this.step.hold) this.page.views[this.home].run(this.left === 0 || !what.startsWith("exercise"));
    this.update();
  }

  /** Called as time goes on in a view. */
  passed(view) {
    if (!this.lesson || view !== this.page.views[this.home]) return;
    this.held = null;
    if (this.left || !this.due) return;
    // A new start puts the clock back.
    this.since = Math.min(this.since, this.hours);
    this.due = Math.max(this.span - (this.hours - this.since), 0);
    if (this.due < 1e-6) this.reached(view);
    this.update();
  }

  /** What was to pass has passed: no faster than usual from here, so that what comes next can be watched. */
  reached(view) {
    this.due = 0;
    view.pace = Math.min(view.pace, view.usualPace);
    view.paces.value = String(view.pace);
    this.held = this.stops ? view : null;
    this.held?.run(false);
    // Words and charts that wait for their turn say what is true now.
    if (this.held) this.page.redraw();
  }

  /** Whether time stands still when the step is done: nobody should read about something that is over by then. */
  get stops() {
    return Boolean(this.step.hold) || this.step.wait?.startsWith("days");
  }

  release() {
    this.held?.run(true);
    this.held = null;
  }

  show() {
    this.panel.classList.toggle("hidden", !this.lesson);
    if (!this.lesson) return;
    const { step } = this, told = this.words(this.lesson), words = told.steps[this.number];
    const parts = [make("h2", { tabindex: -1 }, `${told.title}: ${say(`lessons.${step.kind}`)} `
      + `(${digits(this.number + 1, 0)}/${digits(this.lesson.steps.length, 0)})`), make("p", {}, words.text)];
    if (this.again) parts.splice(1, 0, make("p.quiet", {}, say("lessons.again")));
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
      else {
        this.number += 1;
        this.again = false;
        this.enter();
      }
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
    const press = () => {
      if (this.page.view !== this.home) this.page.open(this.home);
      made[1]();
    };
    return made ? make("button.main", { type: "button", onclick: press }, say(made[0].replace("$", name))) : null;
  }

  /** Keep the step current without making it anew, so that nobody loses their place in it. */
  update() {
    const choose = this.words(this.lesson).steps[this.number].choices && this.answer === null;
    this.next.disabled = !this.tried || Boolean(choose);
    const to_do = this.left > 1 ? "try_more" : this.left ? "try_first" : "let_pass";
    const key = choose ? "choose_first" : !this.tried ? to_do : !this.step.wait ? null : this.stops ? "done_held" : "done";
    const text = key ? say(`lessons.${key}`, { left: digits(this.left, 0), time: duration(this.due) }) : "";
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }

  /** The lesson is over: what was set before it comes back. */
  end() {
    if (!this.lesson) return;
    const { mind, communitySettings, views } = this.page;
    this.release();
    this.lesson = null;
    mind.take(this.kept);
    Object.assign(communitySettings, this.kept.community);
    delete views.community;
    this.kept = null;
    this.show();
  }

  /** End the lesson where the next one can be chosen, and leave nobody with a focus on nothing. */
  stop() {
    this.end();
    this.page.open("lessons");
    this.page.tabs[VIEWS.indexOf("lessons")].focus();
  }
}

/**
 * Return at which step a lesson can go on after the page was loaded anew: at this one if nothing has to be done in what
 * was there before, else at the last one that began with somebody's new morning.
 */
function seenAgain(steps, number) {
  const fresh = (k) => k === 0 || steps[k].case !== undefined, next = steps.findIndex((_, k) => k > number && fresh(k));
  if (!steps.slice(number, next < 0 ? steps.length : next).some((step) => step.wait)) return number;
  let found = number;
  while (!fresh(found)) found -= 1;
  return found;
}
