// The page: language, views, and time going on.
const VIEWS = ["mind", "community", "landscape", "lessons"];

class Page {
  constructor() {
    language = Object.keys(STRINGS).find((name) => navigator.language?.toLowerCase().startsWith(name)) ?? "en";
    this.communitySettings = { ...FIRST_COMMUNITY };
    // Every page has a chance of its own, as every mind has; `chance` in a link makes it the same everywhere.
    this.mind = new Mind(Math.floor(Math.random() * CHANCES));
    this.lessons = new Lessons(this);
    this.mind.lesson = this.lessons;
    this.landscape = new Landscape(this.mind);
    this.views = { mind: this.mind, landscape: this.landscape, lessons: this.lessons };
    this.take = new TakeAway(this);
    this.build();
    this.settle(location.hash.slice(1));
    addEventListener("hashchange", () => this.settle(location.hash.slice(1)));
    this.remember = seldom(1, () => this.link());
    addEventListener("resize", () => this.redraw());
    // As wide as paper, so that words in charts are as large as those beside them.
    for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => {
      document.documentElement.classList.toggle("paper", on);
      this.redraw();
    });
    still.addEventListener("change", () => this.redraw());
    let last = performance.now();
    const frame = (now) => {
      const seconds = Math.min((now - last) / 1000, 0.25);
      last = now;
      if (!document.hidden) this.views[this.view].frame?.(seconds, now / 1000);
      this.take.frame?.();
      this.remember();
      catchUp();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Start from the settings of a link. */
  settle(text) {
    this.lessons.end();
    const { mind, landscape } = this, asked = settingsIn(text);
    this.chance = asked.chance;
    mind.presses = asked.chance ?? mind.presses;
    if (asked.person) mind.choose(asked.person);
    Object.assign(mind.traits, asked.traits);
    Object.assign(mind.model, asked.model);
    mind.critic = asked.critic;
    mind.restart();
    landscape.load = landscape.loads.value = asked.load ?? landscape.load;
    Object.assign(this.communitySettings, asked.community);
    delete this.views.community;
    this.projector(asked.projector);
    this.languages.value = asked.language ?? language;
    this.speak(this.languages.value);
    this.open(asked.view ?? this.view, asked.beside);
    if (asked.lesson) this.lessons.begin(asked.lesson, Math.min(Math.max((asked.step ?? 1) - 1, 0), asked.lesson.steps.length - 1));
  }

  build() {
    const languages = this.languages = make("select", { onchange: (event) => this.speak(event.target.value) },
      ...Object.entries(STRINGS).map(([name, texts]) => make("option", { value: name, lang: name }, texts.language)));
    languages.value = language;
    this.big = button("page.projector", () => this.projector(!document.documentElement.classList.contains("projector")));
    this.tabs = VIEWS.map((name, k) => {
      const tab = button(`views.${name}`, () => this.open(name));
      set(tab, { role: "tab", id: `tab-${name}`, "aria-controls": "view" });
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], by = document.documentElement.dir === "rtl" ? -step : step;
        if (!by) return;
        const next = (k + by + VIEWS.length) % VIEWS.length;
        this.open(VIEWS[next]);
        this.tabs[next].focus();
      });
      return tab;
    });
    this.view = "mind";
    this.place = make("div", { id: "view", role: "tabpanel" });
    document.getElementById("page").replaceWith(make("div.shell", {},
      make("header.top", {}, make("h1", { text: "page.title" }), make("div.row", {}, labelled("page.language", languages), this.big),
        make("div.tabs", { role: "tablist" }, ...this.tabs)),
      make("main", {}, this.lessons.panel, this.place, this.take.element), this.lessons.sheet,
      make("footer.disclaimer", {}, make("p", { text: "page.disclaimer" }), make("p", { text: "page.kind" }), this.lessons.help)));
  }

  /** Open a view; `beside`: what a link says of the landscape. */
  open(name, beside) {
    if (name === "community" && !this.views.community) {
      this.views.community = new Community(this.communitySettings);
      this.views.community.lesson = this.lessons;
    }
    this.view = name;
    this.tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(VIEWS[k] === name));
      tab.tabIndex = VIEWS[k] === name ? 0 : -1;
    });
    this.place.setAttribute("aria-labelledby", `tab-${name}`);
    this.place.replaceChildren(this.views[name].element);
    this.take.element.classList.toggle("hidden", !this.views[name].picture);
    if (name === "landscape") this.landscape.restart(beside);
    this.redraw();
  }

  redraw() {
    if (this.view === "mind") this.mind.show(0, true);
    else if (this.view !== "lessons") this.views[this.view]?.show(true);
  }

  speak(name) {
    language = name;
    document.documentElement.lang = name;
    document.documentElement.dir = STRINGS[name].direction;
    document.title = say("page.title");
    listeners.forEach((write) => write());
    this.mind.told(this.mind.said);
    this.redraw();
  }

  projector(on) {
    document.documentElement.classList.toggle("projector", on);
    this.big.setAttribute("aria-pressed", String(on));
    this.redraw();
  }

  /** Keep the settings in the link, so that a class can start from the same place. */
  link() {
    const text = `#${settingsOf(this)}`;
    if (location.hash === text) return;
    try {
      history.replaceState(null, "", text);
    } catch {
      // Some browsers refuse this for files; the page works without.
    }
  }
}

const page = new Page();
