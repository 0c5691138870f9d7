// Address prefixes of either family, as a configuration writes them: '10.0.0.0/8', 'fd00::/64'.
import { Endpoint } from './endpoint.ts';
import { within } from './network.ts';

/** IPv4 addresses are mapped into the last 32 of 128 bits. */
const MAPPED_BITS = 96;
const ADDRESS_BITS = 128;

export interface Prefix {
  readonly address: Endpoint;
  /** 0 to 128; of IPv4 96 to 128. */
  readonly bits: number;
}

/** An address alone is a prefix of all its bits. Null for anything else, and for bits set behind the prefix. */
export function parsePrefix(text: string): Prefix | null {
  const [name = '', size, ...more] = text.split('/');
  const address = Endpoint.parse(name);
  if (address === null || more.length > 0 || (size !== undefined && !/^(0|[1-9]\d{0,2})$/.test(size))) return null;
  const offset = address.is4 ? MAPPED_BITS : 0;
  const bits = size === undefined ? ADDRESS_BITS : Number(size) + offset;
  if (bits > ADDRESS_BITS) return null;
  return isBare(address, bits) ? { address, bits } : null;
}

export function contains({ address, bits }: Prefix, e: Endpoint): boolean {
  return within(address, bits, e);
}

/** Nothing is set behind the prefix: the last bit that is lies in it. */
function isBare({ w0, w1, w2, w3 }: Endpoint, bits: number): boolean {
  let last = 0;
  for (const [i, word] of [w0, w1, w2, w3].entries()) {
    if (word !== 0) last = 32 * i + 1 + 31 - trailingZeros(word);
  }
  return last <= bits;
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
