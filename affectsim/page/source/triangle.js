// The triangle cloud: everybody by the shares of their three systems.

/** Draw one arm as a cloud of marks. */
function triangle(canvas, states, kinds, chosen) {
  const size = textSize(), room = canvas.clientWidth || 320, height = Math.min(room * 0.8, 340), [pen, width] = sized(canvas, height);
  pen.font = `${size}px system-ui, sans-serif`;
  const side = Math.min(width - 7 * size, (height - 3.4 * size) / 0.866), left = (width - side) / 2, top = 1.6 * size;
  // Threat below, drive and soothing above, as in the circles.
  const corners = { drive: [left, top], soothing: [left + side, top], threat: [left + side / 2, top + 0.866 * side] };
  pen.strokeStyle = LINE;
  pen.lineWidth = 1.5;
  line(pen, [corners.drive, corners.soothing, corners.threat, corners.drive]);
  pen.textAlign = "center";
  for (const system of SYSTEMS) {
    pen.fillStyle = LOOKS[system].colour;
    const [x, y] = corners[system];
    pen.fillText(`${LOOKS[system].mark} ${say(`systems.${system}`)}`, x, system === "threat" ? y + 1.3 * size : y - 0.5 * size);
  }
  pen.textAlign = "left";
  const spot = (state) => {
    const total = state[0] + state[1] + state[2] || 1;
    const { threat, drive, soothing } = corners, at = (axis) => (threat[axis] * state[0] + drive[axis] * state[1] + soothing[axis] * state[2]) / total;
    return [at(0), at(1)];
  };
  pen.globalAlpha = 0.6;
  for (const system of SYSTEMS) {
    pen.beginPath();
    states.forEach((state, i) => { if (kinds[i] === system) addMark(pen, system, ...spot(state), 4); });
    pen.fillStyle = LOOKS[system].colour;
    pen.fill();
  }
  pen.globalAlpha = 1;
  mark(pen, kinds[chosen], ...spot(states[chosen]), 7);
  pen.fillStyle = LOOKS[kinds[chosen]].colour;
  pen.fill();
  ring(pen, ...spot(states[chosen]), 11);
}

/** Draw a ring around whoever is looked at. */
function ring(pen, x, y, r) {
  pen.strokeStyle = INK;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.stroke();
}
