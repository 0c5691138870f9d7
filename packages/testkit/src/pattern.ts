// Streams that need not be stored: every byte follows from its place and the stream's key, with no short period.

const TABLE = /* @__PURE__ */ Uint8Array.from(
  { length: 65_521 },
  (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 24) & 0xff,
);

/** Writes the bytes from `position` on of stream `key` to [at, end). */
export function fillPattern(key: number, position: number, b: Uint8Array, at: number, end: number): void {
  for (let place = placeOf(key, position); at < end; place = 0) {
    const n = Math.min(end - at, TABLE.length - place);
    b.set(TABLE.subarray(place, place + n), at);
    at += n;
  }
}

/** Throws when [at, end) is not what stream `key` has from `position` on. */
export function checkPattern(key: number, position: number, b: Uint8Array, at: number, end: number): void {
  let place = placeOf(key, position);
  for (let i = at; i < end; i++) {
    if (b[i] !== TABLE[place]) throw new Error(`stream ${key}: byte ${position + i - at} is not what was sent`);
    if (++place === TABLE.length) place = 0;
  }
}

function placeOf(key: number, position: number): number {
  return (position + key * 977) % TABLE.length;
}
