// One line per frame: direction, addresses, type and length. Dissection is not a link's business.
import type { Link, Unfinished } from './link.ts';
import { Wrapper } from './wrapper.ts';

const TYPES: Readonly<Record<number, string>> = {
  2048: 'IPv4', // 0x0800
  2054: 'ARP', // 0x0806
  33024: 'VLAN', // 0x8100
  34525: 'IPv6', // 0x86dd
};

/** `line` gets '> 52:55:0a:00:02:02 > 52:54:00:12:34:56 IPv4 98'; '>' is ours, '<' the other end's. */
export function trace(link: Link, line: (text: string) => void): Link {
  return new Trace(link, line);
}

class Trace extends Wrapper {
  readonly #line: (text: string) => void;

  constructor(link: Link, line: (text: string) => void) {
    super(link);
    this.#line = line;
  }

  override commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    this.#line(describe('>', this.slab, this.reserved, size + (lent === null ? 0 : to - from)));
    super.commit(size, lent, from, to, unfinished);
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    this.#line(describe('<', b, at, end - at));
    super.received(b, at, end, trusted);
  }
}

/** The header lies in one piece: the stack never lends any of it. */
function describe(direction: string, b: Uint8Array, at: number, length: number): string {
  if (length < 14) return `${direction} short ${length}`;
  const type = (b[at + 12]! << 8) | b[at + 13]!;
  const name = TYPES[type] ?? `0x${type.toString(16).padStart(4, '0')}`;
  return `${direction} ${mac(b, at + 6)} > ${mac(b, at)} ${name} ${length}`;
}

function mac(b: Uint8Array, at: number): string {
  return Array.from(b.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
