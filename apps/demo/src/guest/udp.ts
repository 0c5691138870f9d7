// UDP of the demonstration's guest: one question, one answer.
import { sum } from '@reslirp/wire/checksum';
import { Protocol } from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import { type Station, sumsUp } from './station.ts';

const ASK_AGAIN = 1_000;

/** Null: not the answer. */
type Reader<T> = (b: Uint8Array, at: number, end: number) => T | null;

export class UdpPorts {
  readonly #station: Station;
  readonly #open: Map<number, (b: Uint8Array, at: number, end: number) => void> = new Map();

  constructor(station: Station) {
    this.#station = station;
    station.receive(Protocol.UDP, (b, at, end, _src, pseudo) => {
      if (Udp.check(b, at, end) !== Udp.Malformed.NO || !sumsUp(b, at, Udp.end(b, at), pseudo)) station.broken++;
      else this.#open.get(Udp.dstPort(b, at))?.(b, at + Udp.HEADER, Udp.end(b, at));
    });
  }

  /** Sends `question` from port `from`, again every second, until `read` finds an answer. `to` null: to everyone. */
  async ask<T>(
    from: number,
    to: { mac: Uint8Array; ip: number } | null,
    port: number,
    question: Uint8Array,
    read: Reader<T>,
  ): Promise<T> {
    const send = (): void => {
      const length = Udp.HEADER + question.length;
      this.#station.send(to?.mac ?? null, to?.ip ?? 0xffffffff | 0, Protocol.UDP, length, (b, at, pseudo) => {
        b.set(question, at + Udp.HEADER);
        Udp.emit(b, at, from, port, length, 0);
        Udp.emit(b, at, from, port, length, Udp.field(sum(b, at, at + length, pseudo)));
      });
    };
    const timer = setInterval(send, ASK_AGAIN).unref();
    send();
    try {
      return await new Promise((resolve) => {
        this.#open.set(from, (b, at, end) => {
          const answer = read(b, at, end);
          if (answer !== null) resolve(answer);
        });
      });
    } finally {
      clearInterval(timer);
      this.#open.delete(from);
    }
  }
}
