// Elements, canvases, and how the three systems look: colour, shape and word together.
const SYSTEMS = ["threat", "drive", "soothing"];
const LOOKS = {
  threat: { colour: "#b8420a", mark: "▲", dash: [] },
  drive: { colour: "#0062a3", mark: "■", dash: [9, 4] },
  soothing: { colour: "#00704f", mark: "●", dash: [2, 3] },
};
const INK = "#22252b", QUIET = "#5b616b", LINE = "#d5d3cb";
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Make an element; names of attributes that begin with "on" are listeners. */
function make(tag, attributes = {}, ...children) {
  const parts = tag.split("."), element = document.createElement(parts[0]);
  if (parts.length > 1) element.className = parts.slice(1).join(" ");
  set(element, attributes);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Make an element of a drawing. */
function draw(tag, attributes = {}, ...children) {
  const [name, look] = tag.split("."), element = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, look ? { class: look, ...attributes } : attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") worded(element, value);
    else element.setAttribute(name, value);
  }
}

/** Make a button of something that happens: it says what the model assumes, too. */
function happening(key, pressed, look = "") {
  const made = button(`${key}.name`, pressed, look), write = () => { made.title = say(`${key}.assumes`); };
  listeners.push(write);
  write();
  return made;
}

/** Make a button with a text of its own. */
function button(key, pressed, look = "") {
  return make(`button${look}`, { type: "button", text: key, onclick: pressed });
}

/** Return pixels per point of canvases: beyond two nobody sees more, and small devices draw much longer. */
function sharpness() {
  return Math.min(window.devicePixelRatio || 1, 2);
}

// While a picture is made: canvas -> the pen that writes it down instead.
let recorder = null;

/** Prepare a canvas for its size on the screen; returns its context and its width. */
function sized(canvas, height) {
  const width = canvas.clientWidth || 320, scale = sharpness();
  if (recorder) {
    recorder.set(canvas, new SvgPen());
    return [recorder.get(canvas), width];
  }
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.textAlign = "left";
  return [pen, width];
}

/** Return the size of text on canvases, which follows the size of text on the page. */
function textSize() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.82;
}

/** Draw the mark of a system: triangle, square or circle. */
function mark(pen, system, x, y, r) {
  pen.beginPath();
  addMark(pen, system, x, y, r);
}

/** Add the mark of a system to the path: many marks are filled at once, which is quick. */
function addMark(pen, system, x, y, r) {
  if (system === "threat") {
    pen.moveTo(x, y - 1.15 * r);
    pen.lineTo(x + r, y + 0.8 * r);
    pen.lineTo(x - r, y + 0.8 * r);
    pen.closePath();
  } else if (system === "drive") pen.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r);
  else {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/** Move labels (at: how far down) so far apart that each can be read, and none below `lowest`. */
function apart(labels, step, lowest) {
  const placed = labels.slice().sort((a, b) => a.at - b.at);
  placed.forEach((label, k) => { label.at = Math.max(label.at, k ? placed[k - 1].at + step : step); });
  for (let k = placed.length - 1, limit = lowest; k >= 0; k--, limit -= step) placed[k].at = Math.min(placed[k].at, limit);
  return placed;
}

/** Return the strongest of three activations. */
function dominant(state) {
  const [threat, drive, soothing] = state;
  return threat >= drive && threat >= soothing ? "threat" : drive >= soothing ? "drive" : "soothing";
}

// What waits for its turn: what to do -> when (seconds), and with what.
const late = new Map();

/**
 * Return a function that does something at most every some seconds, for what is said again and again; the last time is
 * never left out (see `catchUp`). Its `now` does it at once.
 */
function seldom(seconds, action) {
  let last = -Infinity;
  const turn = (...given) => {
    if (performance.now() / 1000 - last < seconds) late.set(turn, [last + seconds, given]);
    else turn.now(...given);
  };
  turn.now = (...given) => {
    late.delete(turn);
    last = performance.now() / 1000;
    action(...given);
  };
  return turn;
}

/** Do what has waited long enough. */
function catchUp() {
  for (const [turn, [when, given]] of late) if (performance.now() / 1000 >= when) turn.now(...given);
}
