// Where bytes of JavaScript lie, for calls that take an address.
import koffi from 'koffi';

/**
 * The address of b[0], good for as long as `b` lives. V8 keeps small arrays in its own heap, where they move; asking for the
 * address (as for `b.buffer`) takes them out of it for good.
 */
export function addressOf(b: Uint8Array): number {
  return Number(koffi.address(b));
}

/** Remembers the last address: who works on one buffer asks once. A call of koffi costs as much as a small system call. */
export class AddressCache {
  #bytes: Uint8Array | null = null;
  #address: number = 0;

  of(b: Uint8Array): number {
    if (b !== this.#bytes) {
      this.#address = addressOf(b);
      this.#bytes = b;
    }
    return this.#address;
  }
}

/** Memory that the kernel is told about: bytes, a view for its integers, and its address. */
export class Region {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
  }

  /** Writes an address. */
  pointer(at: number, address: number): void {
    this.view.setBigUint64(at, BigInt(address), true);
  }

  /** Writes a size_t. */
  size(at: number, n: number): void {
    this.view.setBigUint64(at, BigInt(n), true);
  }
}
