// Questions over TCP: of guests, and to resolvers.
import { END, type Refusal, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import { describe, expect, it } from 'vitest';
import { A, B, Bench, said } from '../../test/dns-bench.ts';
import * as M from '../../test/dns-message.ts';
import { endpoint, type Sent } from '../../test/fake-net.ts';

/** The stack's side of one connection. */
class Client implements TcpEvents {
  readonly heard: number[] = [];
  opened_: boolean = false;
  ended: boolean = false;
  readonly #bench: Bench;
  readonly socket: TcpSocket;
  #toSend: Uint8Array = new Uint8Array(0);

  constructor(bench: Bench, from: string = '10.0.2.15:5000') {
    this.#bench = bench;
    const socket = bench.dns.connect!(endpoint(from), endpoint('10.0.2.3:53'), this, bench.net.now);
    if (socket === null) throw new Error('refused');
    this.socket = socket;
  }

  send(bytes: Uint8Array): void {
    this.#toSend = Uint8Array.of(...this.#toSend, ...bytes);
    this.writable();
    this.#bench.dns.flush!(this.#bench.net.now);
  }

  /** Whole messages heard so far. */
  get messages(): Uint8Array[] {
    const all: Uint8Array[] = [];
    for (let p = 0; p + 2 <= this.heard.length; ) {
      const size = (this.heard[p]! << 8) | this.heard[p + 1]!;
      all.push(Uint8Array.from(this.heard.slice(p + 2, p + 2 + size)));
      p += 2 + size;
    }
    return all;
  }

  opened(): void {
    this.opened_ = true;
  }

  refused(_why: Refusal): void {}
  failed(_why: Refusal): void {}

  readable(): void {
    const b = new Uint8Array(1_000);
    for (let n = this.socket.read(b, 0, 1_000); n !== 0; n = this.socket.read(b, 0, 1_000)) {
      if (n === END) {
        this.ended = true;
        return;
      }
      this.heard.push(...b.subarray(0, n));
    }
  }

  writable(): void {
    const n = this.socket.write(this.#toSend, 0, this.#toSend.length);
    this.#toSend = this.#toSend.slice(n);
  }
}

const framed = (m: Uint8Array): Uint8Array => Uint8Array.of(m.length >>> 8, m.length & 0xff, ...m);
const Q = M.query(77, 'example.org');
const flush = (b: Bench): Sent[] => {
  b.dns.flush!(b.net.now);
  return b.net.take();
};

describe('a guest’s connection', () => {
  it('is opened, and its question answered, cut anywhere', () => {
    const b = new Bench();
    const c = new Client(b);
    for (const byte of framed(Q)) c.send(Uint8Array.of(byte));
    expect([c.opened_, b.asked]).toEqual([true, [A]]);
    b.answer();
    flush(b);
    expect(c.messages).toEqual([M.answer(Q)]);
  });

  it('takes many questions at once, and answers as it learns', () => {
    const b = new Bench();
    const c = new Client(b);
    const all = [1, 2, 3].map((n) => M.query(n, `n${n}.example.org`));
    c.send(Uint8Array.of(...all.flatMap((q) => [...framed(q)])));
    for (const ago of [0, 2, 1]) b.happens('answer', ago, A);
    flush(b);
    expect(c.messages.map(M.idOf)).toEqual([3, 1, 2]);
  });

  it('reads no more questions than 64 before it has answered', () => {
    const b = new Bench();
    const c = new Client(b);
    const all = Array.from({ length: 100 }, (_, n) => M.query(n, `n${n}.example.org`));
    c.send(Uint8Array.of(...all.flatMap((q) => [...framed(q)])));
    expect(b.count('pending')).toBe(64);
    for (let ago = 63; ago >= 0; ago--) b.happens('answer', ago, A);
    flush(b);
    expect([c.messages.length, b.count('pending')]).toEqual([64, 36]);
  });

  it('gets FORMERR for what is no question, and nothing for an answer', () => {
    const b = new Bench();
    const c = new Client(b);
    c.send(Uint8Array.of(...framed(M.answer(Q)), 0, 0, ...framed(Q.subarray(0, 14))));
    expect(c.messages.map(M.rcodeOf)).toEqual([M.FORMERR]);
    expect(b.count('malformed')).toBe(3);
  });

  it('ends when the guest has ended it, and then waits for nothing', () => {
    const b = new Bench();
    const c = new Client(b);
    c.send(framed(Q));
    c.socket.finish();
    flush(b);
    expect(c.ended).toBe(false);
    b.answer();
    flush(b);
    expect([c.messages.length, c.ended]).toEqual([1, true]);
    c.socket.finish();
    b.after(60_000);
    expect(b.dns.deadline!()).toBe(Infinity);
    c.send(framed(Q)); // nobody would read the answer
    expect([b.asked, b.dns.deadline!(), b.count('streams')]).toEqual([[A], Infinity, 1]);
    c.socket.close();
    expect(b.count('streams')).toBe(0);
  });

  it('is ended after half a minute of silence', () => {
    const b = new Bench();
    const c = new Client(b);
    flush(b);
    b.net.now += 29_999;
    b.dns.poll!(b.net.now);
    flush(b);
    expect(c.ended).toBe(false);
    b.net.now += 1;
    b.dns.poll!(b.net.now);
    flush(b);
    expect([c.ended, b.dns.deadline!()]).toEqual([true, Infinity]);
  });

  it('that is gone is forgotten, whatever it still waits for', () => {
    const b = new Bench();
    const c = new Client(b);
    c.send(framed(Q));
    c.socket.abort();
    b.answer();
    flush(b);
    expect([c.heard, b.count('streams'), b.count('pending')]).toEqual([[], 0, 0]);
  });

  it('is refused when there are 64 of that guest', () => {
    const b = new Bench();
    for (let n = 0; n < 64; n++) new Client(b);
    expect(() => new Client(b)).toThrow('refused');
    expect([new Client(b, '10.0.2.16:1').opened_, b.count('connectionsRefused')]).toEqual([false, 1]);
  });
});

describe('an answer that is too long for a datagram', () => {
  function truncated(): [Bench, Client] {
    const b = new Bench();
    const c = new Client(b);
    c.send(framed(Q));
    b.socket.receive(A, M.response(b.forwarded, { flags: 0x83_80 }));
    return [b, c];
  }

  it('is asked for by TCP, and may have 64 KiB', () => {
    const [b, c] = truncated();
    const [connection] = b.net.connections;
    connection!.open();
    expect([connection!.to, b.net.open]).toEqual([A, []]);
    const asked = Uint8Array.from(connection!.written.slice(2));
    const long = M.response(asked, { answers: [M.record(M.TXT, 60, new Array(65_535 - asked.length - 12).fill(7))] });
    expect(long.length).toBe(65_535);
    connection!.says(framed(long));
    for (let n = 0; n < 3; n++) flush(b);
    expect(c.messages).toEqual([M.withId(long, 77)]);
    b.after(5_000);
    expect(connection!.closed).toBe(true); // idle
  });

  it('is the part that is known, when there is no TCP; and the resolver is none the worse for it', () => {
    const [b, c] = truncated();
    for (let n = 0; n < 4; n++) b.net.connections[n]!.refuse();
    flush(b);
    expect(b.net.connections.map(({ to }) => to)).toEqual([A, B, A, B]);
    expect(c.messages.map((m) => [m[2], M.idOf(m)])).toEqual([[0x83, 77]]);
    b.net.sockets.length = 0;
    b.ask(M.query(1, 'other.example'));
    expect(b.asked).toEqual([A]);
  });

  it('is asked for again when the connection ends under the question', () => {
    const [b, c] = truncated();
    b.net.connections[0]!.says([], true);
    const [, second] = b.net.connections;
    second!.open();
    second!.says(framed(M.answer(Uint8Array.from(second!.written.slice(2)))));
    flush(b);
    expect([second!.to, c.messages]).toEqual([B, [M.answer(Q)]]);
    b.ask(M.query(1, 'other.example'));
    expect(b.socket.sent[0]?.to).toBe(A); // it is well, but for TCP
  });

  it('is not asked for by TCP for a guest that cannot be told it', () => {
    const b = new Bench();
    b.ask(Q);
    expect(said(b.socket.receive(A, M.response(b.forwarded, { flags: 0x83_80 })))).toEqual(['0 77']);
    expect(b.net.connections).toEqual([]);
  });
});
