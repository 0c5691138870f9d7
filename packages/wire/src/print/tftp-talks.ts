// TFTP answers from a port that nobody knows before (RFC 1350 4): whoever has asked port 69 lately is remembered by the port
// that he asked from.
import type { Row } from './dissection.ts';
import { printTftp } from './tftp.ts';

const MOST = 16;
const TFTP: Row = { name: 'TFTP', print: printTftp };

export class TftpTalks {
  readonly #ports: number[] = [];

  /** A request has come from `port`. */
  add(port: number): void {
    if (this.#ports.includes(port)) return;
    if (this.#ports.length === MOST) this.#ports.shift();
    this.#ports.push(port);
  }

  /** TFTP, when one of the two ports has asked for it. */
  row(from: number, to: number): Row | undefined {
    return this.#ports.includes(from) || this.#ports.includes(to) ? TFTP : undefined;
  }
}
