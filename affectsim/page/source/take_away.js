// Take away: what a view shows, as a picture (PNG, SVG) or a clip (WebM). Everything is made on this device.

/** A pen like that of a canvas, as far as the charts use it, which writes a drawing (SVG). */
class SvgPen {
  constructor() {
    this.group = draw("g");
    Object.assign(this, { globalAlpha: 1, textAlign: "left", dash: [], lineWidth: 1, ruler: make("canvas").getContext("2d") });
  }

  beginPath() { this.path = []; }
  moveTo(x, y) { this.path.push(`M${round(x)} ${round(y)}`); }
  lineTo(x, y) { this.path.push(`L${round(x)} ${round(y)}`); }
  closePath() { this.path.push("Z"); }
  rect(x, y, width, height) { this.path.push(`M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`); }
  arc(x, y, r) { this.path.push(`M${round(x - r)} ${round(y)}a${round(r)} ${round(r)} 0 1 0 ${round(2 * r)} 0a${round(r)} ${round(r)} 0 1 0 ${round(-2 * r)} 0`); }
  setLineDash(dash) { this.dash = dash; }
  fill() { this.add("path", { d: this.path.join(""), fill: this.fillStyle }); }

  stroke(path) {
    const dash = this.dash.length ? { "stroke-dasharray": this.dash.join(" ") } : {};
    this.add("path", { d: path?.text ?? this.path.join(""), fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth, ...dash });
  }

  fillRect(x, y, width, height) { this.add("rect", { x, y, width, height, fill: this.fillStyle }); }

  fillText(text, x, y) {
    const anchor = this.textAlign === "center" ? "middle" : "start";
    this.add("text", { x: round(x), y: round(y), fill: this.fillStyle, "font-size": parseFloat(this.font), "text-anchor": anchor }).textContent = text;
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  add(tag, attributes) {
    const element = draw(tag, { ...attributes, ...(this.globalAlpha < 1 ? { opacity: this.globalAlpha } : {}) });
    this.group.append(element);
    return element;
  }
}

const round = (x) => Math.round(x * 10) / 10;

/** Place rows of texts and drawings one below the other; returns width, height and cells. */
function layout(rows) {
  const gap = 16, size = textSize() * 1.1, ruler = make("canvas").getContext("2d");
  const wide = (of) => (typeof of === "string" ? 0 : of.getBoundingClientRect().width);
  const width = Math.max(480, ...rows.map((row) => row.reduce((sum, of) => sum + wide(of) + gap, gap))), cells = [];
  ruler.font = `${size}px system-ui, sans-serif`;
  let y = gap;
  for (const row of rows) {
    const room = (width - gap) / row.length;
    let most = 0;
    row.forEach((of, k) => {
      const x = gap + k * room;
      if (typeof of === "string") {
        const lines = [""];
        for (const word of of.split(" ")) {
          const longer = `${lines.at(-1)} ${word}`.trim();
          if (ruler.measureText(longer).width > room - gap && lines.at(-1)) lines.push(word);
          else lines[lines.length - 1] = longer;
        }
        cells.push({ lines, x, y: y + size, size });
        most = Math.max(most, lines.length * 1.4 * size);
      } else {
        const box = of.getBoundingClientRect();
        cells.push({ of, x, y, width: box.width, height: box.height });
        most = Math.max(most, box.height);
      }
    });
    y += most + gap / 2;
  }
  return { width: Math.ceil(width), height: Math.ceil(y + gap / 2), cells };
}

/** Return a view as a drawing, as text. `show` draws the view's charts. */
function asSvg(rows, show) {
  const { width, height, cells } = layout(rows), pens = recorder = new Map();
  try { show(); } finally { recorder = null; }
  const whole = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif" },
    draw("rect", { width, height, fill: "#ffffff" }));
  for (const { of, lines, x, y, size, ...box } of cells) {
    if (lines) lines.forEach((text, k) => {
      const line = draw("text", { x, y: round(y + 1.4 * k * size), "font-size": round(size), fill: INK });
      line.textContent = text;
      whole.append(line);
    });
    else if (pens.has(of)) {
      const { group } = pens.get(of);
      group.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
      whole.append(group);
    } else {
      const copy = of.cloneNode(true);
      set(copy, { x: round(x), y: round(y), width: round(box.width), height: round(box.height) });
      copy.removeAttribute("class");
      whole.append(copy);
    }
  }
  show();
  return new XMLSerializer().serializeToString(whole);
}

/** Paint a view on a canvas. */
function paint(canvas, { width, height, cells }, scale) {
  const pen = canvas.getContext("2d");
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, width, height);
  for (const { of, lines, x, y, size, ...box } of cells) {
    pen.save();
    pen.translate(x, y);
    if (lines) {
      pen.fillStyle = INK;
      pen.font = `${size}px system-ui, sans-serif`;
      lines.forEach((text, k) => pen.fillText(text, 0, 1.4 * k * size));
    } else if (of instanceof HTMLCanvasElement) pen.drawImage(of, 0, 0, box.width, box.height);
    else {
      const { width: inner, height: tall } = of.viewBox.baseVal, by = Math.min(box.width / inner, box.height / tall);
      pen.translate((box.width - by * inner) / 2, (box.height - by * tall) / 2);
      pen.scale(by, by);
      paintDrawing(pen, of);
    }
    pen.restore();
  }
}

/** Paint the elements of the circles' drawing: circles, paths, texts. */
function paintDrawing(pen, parent) {
  for (const one of parent.children) {
    if (one.getAttribute("visibility") === "hidden") continue;
    const get = (name, otherwise) => one.getAttribute(name) ?? otherwise, fill = get("fill", "none"), stroke = get("stroke", "none");
    pen.save();
    if (one.transform.baseVal.numberOfItems) {
      const { a, b, c, d, e, f } = one.transform.baseVal.consolidate().matrix;
      pen.transform(a, b, c, d, e, f);
    }
    pen.lineWidth = get("stroke-width", 1);
    pen.strokeStyle = stroke;
    pen.fillStyle = fill;
    pen.lineJoin = "round";
    pen.setLineDash(get("stroke-dasharray", "").split(" ").filter(Boolean).map(Number));
    const shaded = (name, action) => { pen.globalAlpha = Number(get(name, 1)); action(); };
    if (one.tagName === "g") paintDrawing(pen, one);
    else if (one.tagName === "text") {
      pen.font = `${get("font-weight", 400)} ${get("font-size", 16)}px system-ui, sans-serif`;
      pen.textAlign = "center";
      pen.strokeText(one.textContent, get("x"), get("y"));
      pen.fillText(one.textContent, get("x"), get("y"));
    } else {
      const path = new Path2D(one.tagName === "path" ? get("d", "") : undefined);
      if (one.tagName === "circle") path.arc(get("cx"), get("cy"), get("r"), 0, 2 * Math.PI);
      if (fill !== "none") shaded("fill-opacity", () => pen.fill(path));
      if (stroke !== "none") shaded("stroke-opacity", () => pen.stroke(path));
    }
    pen.restore();
  }
}

/** Let the browser save something under a name. */
function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** The buttons that take something away from the view which is open. */
class TakeAway {
  constructor(page) {
    this.page = page;
    this.said = make("p.quiet", { role: "status" });
    this.address = make("input", { type: "text", readonly: "", dir: "ltr", "aria-label": "" });
    this.address.classList.add("hidden");
    this.clipButton = button("take.clip", () => (this.clip ? this.clip.stop() : this.record()));
    this.element = make("details.card", {}, make("summary", { text: "take.title" }), make("div.row", {},
      button("take.png", () => this.png()), button("take.svg", () => this.svg()), this.clipButton,
      button("take.link", () => this.link())), this.address, this.said);
  }

  rows() {
    return [[say("page.title")], ...this.page.views[this.page.view].picture(), [say("page.disclaimer")]];
  }

  name(ending) {
    return `three-circles-${this.page.view}.${ending}`;
  }

  png() {
    this.page.redraw();
    const canvas = make("canvas");
    paint(canvas, layout(this.rows()), Math.min(window.devicePixelRatio || 1, 2));
    canvas.toBlob((blob) => { save(this.name("png"), blob); this.tell("take.saved", { file: this.name("png") }); });
  }

  svg() {
    this.page.redraw();
    const text = asSvg(this.rows(), () => this.page.views[this.page.view].show(this.page.view === "mind" ? 0 : true, true));
    save(this.name("svg"), new Blob([text], { type: "image/svg+xml" }));
    this.tell("take.saved", { file: this.name("svg") });
  }

  /** Film the view until the button is pressed again, half a minute at most. */
  record() {
    const canvas = make("canvas"), kind = "video/webm", name = this.name("webm");
    if (!globalThis.MediaRecorder?.isTypeSupported(kind) || !canvas.captureStream) {
      this.tell("take.no_clip");
      return;
    }
    const place = layout(this.rows());
    // As many pixels as a small film has, so that phones keep up.
    const scale = Math.min(1, Math.sqrt((1280 * 720) / (place.width * place.height)));
    paint(canvas, place, scale);
    this.clip = new MediaRecorder(canvas.captureStream(25), { mimeType: kind });
    this.frame = () => paint(canvas, { ...place, cells: layout(this.rows()).cells }, scale);
    const parts = [], view = this.page.view, end = setTimeout(() => this.clip?.stop(), 30000);
    this.clip.ondataavailable = ({ data }) => { if (data.size) parts.push(data); };
    this.clip.onstop = () => {
      clearTimeout(end);
      this.clip = this.frame = null;
      worded(this.clipButton, "take.clip");
      this.clipButton.setAttribute("aria-pressed", "false");
      if (view) save(name, new Blob(parts, { type: kind }));
      this.tell("take.saved", { file: name });
    };
    this.clip.start(500);
    worded(this.clipButton, "take.stop");
    this.clipButton.setAttribute("aria-pressed", "true");
    this.tell("take.filming");
  }

  /** Show the address that starts with these settings, ready to be copied. */
  link() {
    this.page.link();
    this.address.value = location.href;
    this.address.setAttribute("aria-label", say("take.link"));
    this.address.classList.remove("hidden");
    this.address.select();
    navigator.clipboard?.writeText(location.href).then(() => this.tell("take.copied"), () => this.tell("take.copy"));
    if (!navigator.clipboard) this.tell("take.copy");
  }

  tell(key, values) {
    this.said.textContent = say(key, values);
  }
}
