// Frames as text for people. Whatever the bytes are: it ends, it does not throw, and it reads nothing outside of the frame.
import { Dissection, type Tables } from './dissection.ts';
import { printEther } from './ether.ts';
import { LAYERS, type Layer } from './layers.ts';
import { ETHER_TYPES, PROTOCOLS, SERVICES } from './tables.ts';
import { Writer } from './writer.ts';

export interface PrinterOptions {
  /** What is written of a frame; frames without any of it are left out. All of them. */
  readonly layers?: Iterable<Layer>;
  /** For terminals (ECMA-48). */
  readonly colour?: boolean;
}

export interface Printer {
  /**
   * The frame [at, end) of `b` as a line of `head`, addresses and length, and a line for each layer; '' when no layer of it was
   * chosen. `offloaded`: checksums of its transport are not to be verified, because a link has finished or will finish them.
   */
  print(b: Uint8Array, at: number, end: number, head: string, offloaded?: boolean): string;
}

const TABLES: Tables = { etherTypes: ETHER_TYPES, protocols: PROTOCOLS, services: SERVICES };

export function createPrinter({ layers = LAYERS, colour = false }: PrinterOptions = {}): Printer {
  const d = new Dissection(new Writer(new Set(layers), colour), TABLES);
  return {
    print(b, at, end, head, offloaded = false) {
      d.begin(b, offloaded);
      printEther(d, at, end);
      const ends = d.ends === '' ? '' : ` ${d.ends},`;
      return d.out.finish(`${head}${ends} ${end - at} bytes`);
    },
  };
}
