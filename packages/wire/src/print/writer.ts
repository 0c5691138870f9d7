// Text of one frame: a line for each layer that was chosen, and deeper lines for what a layer has several of.
//
//   NAME (bytes): name:value name:value (meaning) [remark]
//       item: name:value
//
// A value has no blanks in it, unless it is in quotes. Everything a guest wrote is escaped: no byte of it reaches a terminal
// as it is. The text is bounded: beyond LONGEST the rest of a frame is left out, and that is said.
import { format4, format6, formatMac } from '../address.ts';
import { i32, u8, u16 } from '../bytes.ts';
import type { Layer } from './layers.ts';

/** Characters of a frame's text, about. */
const LONGEST = 16_384;
/** Bytes of one value that are shown as they are. */
const MOST_BYTES = 64;
const MOST_TEXT = 255;
const STEP = '  ';

/** Select graphic rendition, ECMA-48 8.3.117. */
const Paint = { BOLD: 1, RED: 31, YELLOW: 33, CYAN: 36, GREY: 90 } as const;
type Paint = (typeof Paint)[keyof typeof Paint];

export class Writer {
  readonly #layers: ReadonlySet<Layer>;
  readonly #colour: boolean;
  #text: string = '';
  /** Whether the layer at hand was chosen. */
  #shown: boolean = false;
  #indent: string = STEP;

  constructor(layers: ReadonlySet<Layer>, colour: boolean) {
    this.#layers = layers;
    this.#colour = colour;
  }

  /** Nothing more is taken: whoever has a list to write can stop. */
  get full(): boolean {
    return this.#text.length >= LONGEST;
  }

  chosen(layer: Layer): boolean {
    return this.#layers.has(layer);
  }

  /** A new frame. */
  clear(): void {
    this.#text = '';
    this.#shown = false;
    this.#indent = STEP;
  }

  /** Everything since clear(), after a line of `head`; nothing when no layer was chosen. */
  finish(head: string): string {
    if (this.#text === '') return '';
    const rest = this.full ? `\n${STEP}${this.#paint(Paint.YELLOW, '[the rest is left out]')}` : '';
    return `${this.#paint(Paint.BOLD, head)}${this.#text}${rest}\n`;
  }

  /** Begins the line of a layer; what follows is written when `shown`. `size`: its bytes, without what it carries. */
  layer(shown: boolean, name: string, size: number): void {
    this.#shown = shown;
    this.#put(`\n${this.#indent}${this.#paint(Paint.CYAN, name)} (${size}):`);
  }

  /** The line of a layer that has no room for itself. */
  short(shown: boolean, name: string, size: number, need: number): void {
    this.#shown = shown;
    this.#put(
      `\n${this.#indent}${this.#paint(Paint.CYAN, name)} (${size} < ${need}) ${this.#paint(Paint.RED, 'truncated')}`,
    );
  }

  /** Begins a line within the layer. */
  item(name: string): void {
    this.#put(`\n${this.#indent}${STEP}${this.#paint(Paint.CYAN, name)}:`);
  }

  /** What is written by `inner` is further in: a packet in a packet, options in an option. */
  within(inner: () => void): void {
    const { length } = this.#indent;
    this.#indent += STEP;
    inner();
    this.#indent = this.#indent.slice(0, length);
  }

  field(name: string, value: string | number, meaning: string = ''): void {
    const what = meaning === '' ? '' : ` (${meaning})`;
    this.#put(` ${this.#paint(Paint.GREY, `${name}:`)}${value}${what}`);
  }

  /** In hexadecimal, of so many digits. */
  hex(name: string, value: number, digits: number, meaning: string = ''): void {
    this.field(name, hex(value, digits), meaning);
  }

  /** Unsigned integers of 16 bits, one after the other. */
  fields16(names: readonly string[], b: Uint8Array, at: number): void {
    for (const [i, name] of names.entries()) this.field(name, u16(b, at + 2 * i));
  }

  /** The same of 32 bits. */
  fields32(names: readonly string[], b: Uint8Array, at: number): void {
    for (const [i, name] of names.entries()) this.field(name, i32(b, at + 4 * i) >>> 0);
  }

  mac(name: string, b: Uint8Array, at: number, meaning: string = ''): void {
    this.field(name, formatMac(b, at), meaning);
  }

  ip4(name: string, b: Uint8Array, at: number): void {
    this.field(name, format4(i32(b, at)));
  }

  ip6(name: string, b: Uint8Array, at: number): void {
    this.field(name, format6(b, at));
  }

  /** Bytes [at, end) as they are: hexadecimal, and of many only the first. */
  bytes(name: string, b: Uint8Array, at: number, end: number): void {
    this.field(name, bytes(b, at, end));
  }

  /** Bytes [at, end) that should be text. */
  text(name: string, b: Uint8Array, at: number, end: number): void {
    this.field(name, quoted(b, at, end));
  }

  word(text: string): void {
    this.#put(` ${text}`);
  }

  /** A remark of ours. */
  note(text: string): void {
    this.#put(` ${this.#paint(Paint.YELLOW, `[${text}]`)}`);
  }

  /** A remark about what is wrong. */
  fault(text: string): void {
    this.#put(` ${this.#paint(Paint.RED, `[${text}]`)}`);
  }

  #put(text: string): void {
    if (this.#shown && !this.full) this.#text += text;
  }

  #paint(colour: Paint, text: string): string {
    return this.#colour ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }
}

export function hex(value: number, digits: number): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
}

function bytes(b: Uint8Array, at: number, end: number): string {
  const stop = Math.min(end, at + MOST_BYTES);
  let text = '';
  for (let p = at; p < stop; p++) text += u8(b, p).toString(16).padStart(2, '0');
  return stop < end ? `${text}…(+${end - stop})` : text;
}

/** In quotes. Bytes that are no printable ASCII, quotes and backslashes are escaped. */
export function quoted(b: Uint8Array, at: number, end: number): string {
  const stop = Math.min(end, at + MOST_TEXT);
  let text = '"';
  for (let p = at; p < stop; p++) text += escaped(u8(b, p), '"\\');
  return stop < end ? `${text}"…(+${end - stop})` : `${text}"`;
}

/** One byte as text. */
export function escaped(byte: number, special: string): string {
  const c = String.fromCharCode(byte);
  if (byte < 0x20 || byte > 0x7e) return `\\x${byte.toString(16).padStart(2, '0')}`;
  return special.includes(c) ? `\\${c}` : c;
}

/** Names of the bits that are set, the lowest first. */
export function bits(value: number, names: readonly (readonly [number, string])[]): string {
  return names
    .filter(([bit]) => (value & bit) !== 0)
    .map(([, name]) => name)
    .join(', ');
}
