// The running record: three lines over the last day, told apart by colour, dashes and words.
class Record {
  constructor(hours = 24) {
    this.hours = hours;
    this.canvas = make("canvas", { role: "img", height: 190 });
    this.clear();
  }

  clear() {
    this.points = [];
    this.marks = [];
  }

  add(time, state) {
    this.points.push([time, ...state]);
    while (this.points.length > 2 && this.points[0][0] < time - this.hours) this.points.shift();
  }

  mark(time, text) {
    this.marks.push([time, text]);
  }

  show(description) {
    const size = textSize(), height = Math.round(10.15 * size + 70), [pen, width] = sized(this.canvas, height);
    pen.font = `${size}px system-ui, sans-serif`;
    const left = 3.4 * size, right = 12 + Math.max(...SYSTEMS.map((s) => pen.measureText(`${LOOKS[s].mark} ${say(`systems.${s}`)}`).width)), top = 2.85 * size, bottom = 1.6 * size;
    const end = Math.max(this.points.at(-1)?.[0] ?? 0, (this.points[0]?.[0] ?? 0) + 4), begin = Math.max(end - this.hours, this.points[0]?.[0] ?? 0);
    const x = (time) => left + ((time - begin) / (end - begin)) * (width - left - right);
    const y = (value) => top + (1 - value) * (height - top - bottom);
    pen.strokeStyle = LINE;
    pen.lineWidth = 1;
    for (const value of [0, 0.5, 1]) line(pen, [[left, y(value)], [width - right, y(value)]]);
    pen.fillStyle = QUIET;
    for (const value of [0, 0.5, 1]) pen.fillText(percent(value), 0, y(value) + 4);
    const every = end - begin > 12 ? 6 : end - begin > 5 ? 2 : 1;
    const last = {};
    for (let hour = Math.ceil(begin / every) * every; hour <= end; hour += every) {
      if (x(hour) < width - right - size) untouched(pen, timeOf(hour), x(hour), height - 4, width, last, 0);
    }
    const rows = [{}, {}];
    for (const [time, text] of this.marks.filter(([when]) => when >= begin)) {
      line(pen, [[x(time), top], [x(time), height - bottom]], [2, 4]);
      rows.some((row, k) => untouched(pen, text, x(time), size * (1 + 1.15 * k), width, row, size));
    }
    const labels = apart(SYSTEMS.map((system, k) => ({ system, at: y(this.points.at(-1)?.[k + 1] ?? 0) })), 1.15 * size, height - bottom + size * 0.3 - 4);
    SYSTEMS.forEach((system, k) => {
      pen.strokeStyle = LOOKS[system].colour;
      pen.lineWidth = 2.5;
      line(pen, this.points.map((point) => [x(point[0]), y(point[k + 1])]), LOOKS[system].dash);
    });
    for (const { system, at } of labels) {
      pen.fillStyle = LOOKS[system].colour;
      pen.fillText(`${LOOKS[system].mark} ${say(`systems.${system}`)}`, width - right + 6, at + 4);
    }
    this.describe ??= seldom(4, (text) => this.canvas.setAttribute("aria-label", text));
    this.describe(description);
  }
}

/** Write a text, at most `give` further right, where it touches neither the last one of its row nor the edge, if it can. */
function untouched(pen, text, x, y, width, row, give) {
  const at = Math.max(x, row.free ?? 0), end = at + pen.measureText(text).width;
  if (at - x > give || end > width) return false;
  pen.fillText(text, at, y);
  row.free = end + 6;
  return true;
}

/** Draw a line through points. */
function line(pen, points, dash = []) {
  pen.setLineDash(dash);
  pen.beginPath();
  points.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
  pen.setLineDash([]);
}
