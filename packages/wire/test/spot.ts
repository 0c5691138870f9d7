// Where the tests put packets: at any offset of a dirty buffer, under guard.
import fc from 'fast-check';

export interface Spot {
  b: Uint8Array;
  at: number;
  end: number;
}

/** A dirty buffer with `size` bytes of room somewhere in it. */
export function spot(size: number): fc.Arbitrary<Spot> {
  return fc.record({ before: fc.nat(9), after: fc.nat(46), dirt: fc.nat(255) }).map(({ before, after, dirt }) => {
    return { b: new Uint8Array(before + size + after).fill(dirt), at: before, end: before + size };
  });
}

/** Bytes that a guest might send: anything, or `valid` with some bytes changed and its end moved. */
export function hostile(valid: Uint8Array): fc.Arbitrary<Spot> {
  const noise = fc.uint8Array({ maxLength: 120 });
  const edits = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 });
  const almost = fc.tuple(edits, fc.oneof(fc.constant(valid.length), fc.nat(valid.length))).map(([changes, size]) => {
    const bytes = valid.slice();
    for (const [i, v] of changes) bytes[i] = v;
    return bytes.slice(0, size);
  });
  return fc.tuple(fc.oneof(noise, almost, almost), fc.nat(9)).map(([bytes, at]) => {
    const b = new Uint8Array(at + bytes.length + 40).fill(0xee);
    b.set(bytes, at);
    return { b, at, end: at + bytes.length };
  });
}

/** The bytes of `s`, but whoever reads or writes outside of [at, end) fails the test. */
export function guarded({ b, at, end }: Spot): Uint8Array {
  const inside = (from: number, to: number): void => {
    if (from < at || to > end) throw new Error(`touched [${from}, ${to}) outside of [${at}, ${end})`);
  };
  return new Proxy(b, {
    get(target, key) {
      if (key === 'length') return target.length;
      if (typeof key === 'string' && /^-?\d+$/.test(key)) inside(Number(key), Number(key) + 1);
      if (key === 'subarray') {
        return (from: number, to: number): Uint8Array => {
          inside(from, to);
          return target.subarray(from, to);
        };
      }
      if (key === 'fill') {
        return (v: number, from: number, to: number): Uint8Array => {
          if (from < to) inside(from, to);
          return target.fill(v, from, to);
        };
      }
      return Reflect.get(target, key, target) as unknown;
    },
    set(target, key, value) {
      inside(Number(key), Number(key) + 1);
      target[Number(key)] = value as number;
      return true;
    },
  });
}

/** '45 00 001c' as bytes. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (two) => Number.parseInt(two, 16));
}

export const u16: fc.Arbitrary<number> = fc.nat(0xffff);
export const i32: fc.Arbitrary<number> = fc.integer();
