// Arrays from JSON: typed arrays, or {d, n} (numbers and shape) with more than one dimension.
const ARRAY_TYPES = {
  f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array, u2: Uint16Array, u1: Uint8Array,
};

/** Return what was packed: a number, a typed array, or {d, n}. */
function unpack(value) {
  if (typeof value !== "object") return value;
  let d;
  if ("c" in value) d = new ARRAY_TYPES[value.t](value.n.reduce((a, b) => a * b, 1)).fill(value.c);
  else {
    const text = atob(value.b), bytes = new Uint8Array(text.length);
    for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
    d = new ARRAY_TYPES[value.t](bytes.buffer);
  }
  return value.n.length === 1 ? d : { d, n: value.n };
}

/** Return an object with every field unpacked. */
function unpackAll(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, unpack(value)]));
}

/** Return an array with several dimensions, filled by `value` of the indices. */
function filled(shape, value) {
  const d = new Float64Array(shape.reduce((a, b) => a * b, 1));
  d.forEach((_, k) => {
    const at = [];
    for (let rest = k, axis = shape.length - 1; axis >= 0; axis--) {
      at.unshift(rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    d[k] = value(...at);
  });
  return { d, n: shape };
}
