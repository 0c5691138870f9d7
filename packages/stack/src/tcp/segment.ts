// One segment as it arrived. One object per stack, refilled for each; the bytes are lent.
import * as Tcp from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import { add, type Seq, seq } from './seq.ts';

export class Segment {
  b: Uint8Array = new Uint8Array(0);
  /** Payload. */
  at: number = 0;
  end: number = 0;
  seq: Seq = 0 as Seq;
  ack: Seq = 0 as Seq;
  flags: number = 0;
  /** As transmitted, not scaled. */
  window: number = 0;
  /** Bytes from SEG.SEQ to behind the last urgent one; 0 when none is (RFC 6093 3.1: as everybody counts, not as RFC 793 does). */
  urgent: number = 0;
  readonly options: Options.TcpOptions = Options.blank();

  /** From the segment at `at`, which check() has passed; `end` is that of the packet. */
  read(b: Uint8Array, at: number, end: number): void {
    this.b = b;
    this.at = at + Tcp.headerLength(b, at);
    this.end = end;
    this.seq = seq(Tcp.seq(b, at));
    this.ack = seq(Tcp.ack(b, at));
    this.flags = Tcp.flags(b, at);
    this.window = Tcp.window(b, at);
    this.urgent = (this.flags & Tcp.Flag.URG) === 0 ? 0 : Tcp.urgent(b, at);
    Options.read(b, at, this.options);
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** SEG.LEN: payload, and one for each of SYN and FIN. */
  get length(): number {
    return this.end - this.at + (this.has(Tcp.Flag.SYN) ? 1 : 0) + (this.has(Tcp.Flag.FIN) ? 1 : 0);
  }

  /** The sequence number after the segment. */
  get next(): Seq {
    return add(this.seq, this.length);
  }
}
