// Rehearsal of lessons without a screen: the page's own classes do every step, and what happens is written down.
// Part of no page; put in front of the page's script for node.
const ghost = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : name === Symbol.iterator ? function* () {} : ghost),
  apply: () => ghost, construct: () => ghost, set: () => true,
});
const navigator = { languages: [] }, document = ghost, matchMedia = ghost, getComputedStyle = ghost, Path2D = ghost, window = { devicePixelRatio: 1 };
