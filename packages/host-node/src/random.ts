// Random numbers that a guest's peers cannot guess: initial sequence numbers (RFC 6528), identifiers, ports.
import { webcrypto } from 'node:crypto';

/** [0, 1) in steps of 2^-32. Drawn from the system 1 KiB at a time. */
export function secureRandom(): () => number {
  const drawn = new Uint32Array(256);
  let next = drawn.length;
  return () => {
    if (next === drawn.length) {
      webcrypto.getRandomValues(drawn);
      next = 0;
    }
    return drawn[next++]! / 0x1_0000_0000;
  };
}
