// The one's complement sum of long pieces, in WebAssembly SIMD: 16 bytes an addition, where JavaScript has one or two.
//
// The bytes are copied into the module's own memory first. Copy and sum together cost half of the best plain loop at 1,460
// bytes and a quarter at 64 KiB (checksum.bench.ts), whatever buffer the bytes come from and however they are aligned.
// WebAssembly memory is little-endian on every machine, so there is one order of bytes to think about; and RFC 1071 2 (B)
// allows to sum in the wrong order and swap once, at the end.
// Absent (null) where there is no WebAssembly, no SIMD, or a content security policy that forbids both.

/** Bytes of one call, and the room behind them that the kernel fills with zeros. */
const CHUNK = 0x10000;

// One function, type (i32) -> i32: sum of the little-endian 16-bit words in [0, n) of a memory of two pages.
// Each of the four 32-bit lanes gets at most 4 * 0x1fffe for every 64 bytes: no overflow within CHUNK.
const MODULE = [
  [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  [0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // types: (i32) -> i32
  [0x03, 0x02, 0x01, 0x00], // functions: one, of type 0
  [0x05, 0x03, 0x01, 0x00, 0x02], // memory: two pages
  [0x07, 0x09, 0x02, 0x01, 0x6d, 0x02, 0x00, 0x01, 0x73, 0x00, 0x00], // exports: memory 'm', function 's'
];
const LOCALS = [0x02, 0x01, 0x7f, 0x02, 0x7b]; // 0: n, 1: p (i32), 2 and 3: sums (v128), zero to begin with
const BODY = [
  ...[0, 16, 32, 48].flatMap((o) => [0x20, 0x00, 0x20, 0x02, 0xfd, 0x0b, 0x00, o]), // v128.store offset=o (n) 0
  ...[0x03, 0x40], // loop
  // sum = i32x4.add sum (i32x4.extadd_pairwise_i16x8_u (v128.load offset=o p)), the two sums in turn
  ...[0, 16, 32, 48].flatMap((o) => {
    const local = o & 16 ? 0x03 : 0x02;
    return [0x20, local, 0x20, 0x01, 0xfd, 0x00, 0x00, o, 0xfd, 0x7f, 0xfd, 0xae, 0x01, 0x21, local];
  }),
  ...[0x20, 0x01, 0x41, 0xc0, 0x00, 0x6a, 0x22, 0x01], // p = p + 64
  ...[0x20, 0x00, 0x49, 0x0d, 0x00, 0x0b], // br_if loop (p < n) end
  ...[0x20, 0x02, 0x20, 0x03, 0xfd, 0xae, 0x01, 0x21, 0x02], // the two sums together
  ...[0, 1, 2, 3].flatMap((lane) => [0x20, 0x02, 0xfd, 0x1b, lane]), // i32x4.extract_lane
  ...[0x6a, 0x6a, 0x6a, 0x0b], // added, end
];

/** What is used of the global of that name, whose types belong to no library of pure ECMAScript. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { m: { buffer: ArrayBuffer }; s: (n: number) => number } };
}

/** Folded sum of [at, end), in the order of bytes of the network. */
export type SumSimd = (b: Uint8Array, at: number, end: number) => number;

/** A new kernel with a memory of its own, 128 KiB; null where the platform has none. */
export function createSimd(): SumSimd | null {
  const api = (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  const code = assemble();
  if (!api?.validate(code)) return null;
  let kernel: InstanceType<WebAssemblyApi['Instance']>['exports'];
  try {
    kernel = new api.Instance(new api.Module(code)).exports;
  } catch {
    return null; // a page may forbid compilation; it must not lose its network for that
  }
  const memory = new Uint8Array(kernel.m.buffer);
  const words = kernel.s;
  return (b, at, end) => {
    let s = 0;
    for (let next = at; at < end; at = next) {
      next = Math.min(end, at + CHUNK);
      memory.set(b.subarray(at, next)); // the one allocation, measured with the rest
      const w = words(next - at);
      s += (w >>> 16) + (w & 0xffff);
    }
    s = (s & 0xffff) + Math.floor(s / 0x10000);
    s = (s & 0xffff) + (s >>> 16);
    return ((s & 0xff) << 8) | (s >>> 8);
  };
}

function assemble(): Uint8Array {
  const code = [0x01, ...length(LOCALS.length + BODY.length), ...LOCALS, ...BODY];
  return Uint8Array.from([...MODULE.flat(), 0x0a, ...length(code.length), ...code]);
}

/** Unsigned LEB128 of two bytes. */
function length(n: number): number[] {
  return [(n & 0x7f) | 0x80, n >>> 7];
}
