// What the contract does not show: limits, addresses, errors of the network, and when bytes leave.
import { Endpoint } from '@reslirp/stack/endpoint';
import { BindFault, END, Refusal } from '@reslirp/stack/host';
import { Errno, Interfaces, Loop, libc, Message, Region, SocketType } from '@reslirp/syscall';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, read, withDescriptorsLeft, write } from '../../syscall/test/descriptors.ts';
import { bound, connect, loopbackAt, nameOf, sendTo, socket } from '../../syscall/test/loopback.ts';
import { inNewNetwork, whyNoNetwork } from '../../syscall/test/network.ts';
import { type LinuxHost, type LinuxHostOptions, linuxHost } from '../src/index.ts';
import { accept, arrived, Heard, listener, loopback, Near, nobody, Open } from './far.ts';

let loop: Loop;
let open: Open;
let hosts: LinuxHost[];
beforeEach(() => {
  loop = new Loop();
  open = new Open();
  hosts = [];
});
afterEach(() => {
  for (const host of hosts) host.close();
  open.close();
  loop.dispose();
});

function newHost(options: Omit<LinuxHostOptions, 'loop'> = {}): LinuxHost {
  const host = linuxHost({ loop, ...options });
  hosts.push(host);
  return host;
}

const text = (s: string): Uint8Array => new TextEncoder().encode(s);

/** Turns, with little patience, until it holds. */
function until(what: string, holds: () => boolean): void {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    loop.turn(5);
  }
}

/** An open connection: its near side, and the descriptor of the far one. */
function connected(host: LinuxHost): { near: Near; far: number } {
  const { fd, at } = listener(open);
  const near = new Near();
  near.socket = host.connect(at, near);
  until('open', () => near.said.length > 0);
  expect(near.said).toEqual(['opened']);
  return { near, far: accept(open, fd).fd };
}

function put(near: Near, bytes: Uint8Array): number {
  return near.socket!.write(bytes, 0, bytes.length);
}

describe('caps', () => {
  test('one connection too many is EXHAUSTED, in the next turn; one that ends makes room', () => {
    const host = newHost({ maxSockets: 2 });
    const { at } = listener(open);
    const nears = Array.from({ length: 4 }, () => new Near());
    for (const near of nears) near.socket = host.connect(at, near);
    nears[3]!.socket!.abort();
    expect(nears.flatMap(({ said }) => said)).toEqual([]);
    loop.turn();
    until('the first two are open', () => nears[0]!.said.length + nears[1]!.said.length === 2);
    expect(nears.map(({ said }) => said.join())).toEqual(['opened', 'opened', `refused ${Refusal.EXHAUSTED}`, '']);
    expect(host.stats().tcpSockets).toBe(2);
    nears[0]!.socket!.close();
    const next = new Near();
    next.socket = host.connect(at, next);
    until('open', () => next.said.length > 0);
    expect(next.said).toEqual(['opened']);
  });

  test('a client too many is reset, and those before it live', () => {
    const host = newHost({ maxSockets: 1 });
    const heard = new Heard();
    const taken: Near[] = [];
    const acceptor = host.accept(loopback(0), {
      bound: (at) => heard.bound(at),
      unbound: (why) => heard.unbound(why),
      accepted: (client) => {
        const near = new Near();
        near.socket = client.take(near);
        taken.push(near);
      },
    });
    loop.turn();
    const port = Number(/:(\d+)$/.exec(heard.said[0]!)![1]);
    const clients = [0, 1].map(() => {
      const fd = open.add(socket(SocketType.STREAM));
      connect(fd, loopbackAt(4, port));
      loop.turn(20);
      return fd;
    });
    expect(taken).toHaveLength(1);
    expect(read(clients[1]!)).toBe(-Errno.ECONNRESET);
    write(clients[0]!, text('hello'));
    until('it is heard', () => taken[0]!.got.length === 5);
    acceptor.close();
  });

  test('UDP sockets and echoes beyond theirs are null, or unbound; each that closes makes room', () => {
    const host = newHost({ maxDatagramSockets: 2 });
    const heard = new Heard();
    const [a, b] = [host.udp(4, heard), host.udp(6, heard)];
    expect([a === null, b === null, host.udp(4, heard)]).toEqual([false, false, null]);
    host.udpAt(loopback(0), heard);
    expect(heard.said).toEqual([]);
    loop.turn();
    expect(heard.said).toEqual([`unbound ${BindFault.EXHAUSTED}`]);
    a!.close();
    expect(host.udp(4, heard)).not.toBeNull();
    expect(host.stats().udpSockets).toBe(2);
  });
});

describe('no descriptors left', () => {
  test('a connect is EXHAUSTED, in the next turn', () => {
    const host = newHost();
    const { at } = listener(open);
    const [near, silent] = [new Near(), new Near()];
    withDescriptorsLeft(0, () => {
      near.socket = host.connect(at, near);
      silent.socket = host.connect(at, silent);
      silent.socket.close();
      expect(near.said).toEqual([]);
      loop.turn(0);
    });
    expect(near.said).toEqual([`refused ${Refusal.EXHAUSTED}`]);
    expect(silent.said).toEqual([]);
    expect([near.socket!.read(new Uint8Array(9), 0, 9), put(near, text('x'))]).toEqual([0, 0]);
    expect(host.stats().tcpSockets).toBe(0);
  });

  test('there are no datagrams, no echo and no listener; nothing is kept', () => {
    const host = newHost();
    const before = openDescriptors();
    const heard = new Heard();
    const accepts = { ...heardEvents(heard), accepted: () => {} };
    const made = withDescriptorsLeft(0, () => {
      host.accept(loopback(0), accepts);
      host.udpAt(loopback(0), heard);
      return [host.udp(4, heard), host.udp(6, heard), host.echo!(4, { replied: () => {}, undeliverable: () => {} })];
    });
    loop.turn(0);
    expect(made).toEqual([null, null, null]);
    expect(heard.said).toEqual(Array(2).fill(`unbound ${BindFault.EXHAUSTED}`));
    expect(openDescriptors()).toBe(before);
    expect(Object.values(host.stats())).toEqual([0, 0, 0, 0]);
  });

  test('clients wait: nobody turns in vain, and they are taken when there are some again', () => {
    const host = newHost();
    const heard = new Heard();
    let taken = 0;
    host.accept(loopback(0), { ...heardEvents(heard), accepted: () => taken++ });
    loop.turn();
    const port = Number(/:(\d+)$/.exec(heard.said[0]!)![1]);
    const client = open.add(socket(SocketType.STREAM));
    connect(client, loopbackAt(4, port));
    const slept = withDescriptorsLeft(0, () => {
      loop.turn(20);
      const began = performance.now();
      loop.turn(50);
      return performance.now() - began;
    });
    expect([slept >= 50, taken]).toEqual([true, 0]);
    until('taken', () => taken === 1);
  });
});

/** A Heard as an object of its own. */
function heardEvents(heard: Heard): Pick<Heard, 'bound' | 'unbound'> {
  return { bound: (at) => heard.bound(at), unbound: (why) => heard.unbound(why) };
}

describe('local addresses', () => {
  test('are where connections and datagrams leave from', () => {
    const host = newHost({ localAddress4: '127.0.0.5', localAddress6: '::1' });
    const { fd, at } = listener(open);
    const near = new Near();
    near.socket = host.connect(at, near);
    until('open', () => near.said.length > 0);
    expect(accept(open, fd).from.w3).toBe(0x7f000005);
    const far = open.add(socket(SocketType.DGRAM));
    const port = bound(far);
    const heard = new Heard();
    const datagrams = host.udp(4, heard)!;
    datagrams.send(loopback(port), 64, text('x'), 0, 1);
    const back = host.udpAt(loopback(0), new Heard());
    back.close();
    until('it is there', () => read(far) instanceof Uint8Array);
    expect(host.udp(6, heard)).not.toBeNull();
  });

  test.each(['nonsense', '::1', '', '127.0.0.1:5', '256.0.0.1'])('IPv4: %j is none', (localAddress4) => {
    const message = `localAddress4: '${localAddress4}' is no IPv4 address`;
    expect(() => newHost({ localAddress4 })).toThrow(new TypeError(message));
  });

  test.each(['127.0.0.1', '::ffff:127.0.0.1', 'fe80::1%lo'])('IPv6: %j is none', (localAddress6) => {
    const message = `localAddress6: '${localAddress6}' is no IPv6 address`;
    expect(() => newHost({ localAddress6 })).toThrow(new TypeError(message));
  });

  test('that are not of this machine: no connection, no datagrams', () => {
    const host = newHost({ localAddress4: '192.0.2.77' });
    const near = new Near();
    near.socket = host.connect(listener(open).at, near);
    expect(host.udp(4, new Heard())).toBeNull();
    until('refused', () => near.said.length > 0);
    expect(near.said).toEqual([`refused ${Refusal.EXHAUSTED}`]);
  });

  test('a host that could not be had leaves nothing on the loop', () => {
    expect(() => newHost({ localAddress4: 'nonsense' })).toThrow();
    const began = performance.now();
    loop.turn(0);
    loop.turn(30);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  });
});

describe('listening', () => {
  test('where somebody else does is IN_USE; closed before it is told, nothing is', () => {
    const host = newHost();
    const { at } = listener(open);
    const [heard, silent] = [new Heard(), new Heard()];
    host.accept(at, { ...heardEvents(heard), accepted: () => {} });
    host.accept(at, { ...heardEvents(silent), accepted: () => {} }).close();
    host.accept(loopback(0), { ...heardEvents(silent), accepted: () => {} }).close();
    loop.turn();
    expect([heard.said, silent.said]).toEqual([[`unbound ${BindFault.IN_USE}`], []]);
  });

  test('for datagrams likewise', () => {
    const host = newHost();
    const taken = open.add(socket(SocketType.DGRAM));
    const at = loopback(bound(taken));
    const [heard, silent] = [new Heard(), new Heard()];
    host.udpAt(at, heard);
    host.udpAt(at, silent).close();
    host.udpAt(loopback(0), silent).close();
    loop.turn();
    expect([heard.said, silent.said]).toEqual([[`unbound ${BindFault.IN_USE}`], []]);
  });

  test('at an address that is none of ours is NOT_LOCAL', () => {
    const host = newHost();
    const heard = new Heard();
    const elsewhere = Endpoint.parse('192.0.2.77', 0)!;
    host.accept(elsewhere, { ...heardEvents(heard), accepted: () => {} });
    host.udpAt(elsewhere, heard);
    loop.turn();
    expect(heard.said).toEqual(Array(2).fill(`unbound ${BindFault.NOT_LOCAL}`));
  });
});

describe('datagrams that do not arrive', () => {
  test.each([4, 6] as const)('IPv%i: who refused which, however many; those behind an error still leave', (family) => {
    const host = newHost();
    const heard = new Heard();
    const near = host.udp(family, heard)!;
    const nowhere = [nobody(SocketType.DGRAM, family), nobody(SocketType.DGRAM, family)];
    const far = open.add(socket(SocketType.DGRAM, family));
    const somewhere = loopback(bound(far, family), family);
    for (const to of [nowhere[0]!, somewhere, nowhere[1]!, somewhere]) near.send(to, 64, text('x'), 0, 1);
    until('both', () => heard.said.length >= 2);
    const by = family === 4 ? 'by 127.0.0.1, type 3 code 3' : 'by ::1, type 1 code 4';
    expect(heard.said).toEqual(nowhere.map((to) => `${to} refused ${Refusal.REFUSED} ${by}`));
    expect([read(far), read(far)]).toEqual([text('x'), text('x')]);
    expect(host.stats().datagramsLost).toBe(0);
  });

  test('an error costs one event, and no more turns', () => {
    const host = newHost();
    const heard = new Heard();
    host.udp(4, heard)!.send(nobody(SocketType.DGRAM), 64, text('x'), 0, 1);
    until('it is told', () => heard.said.length === 1);
    const began = performance.now();
    loop.turn(50);
    expect(performance.now() - began).toBeGreaterThanOrEqual(50);
  });

  test('to no port, to the other family: lost, and counted', () => {
    const host = newHost();
    const heard = new Heard();
    const near = host.udp(4, heard)!;
    near.send(loopback(0), 64, text('x'), 0, 1);
    near.send(loopback(9, 6), 64, text('x'), 0, 1);
    loop.turn(0);
    loop.turn(0);
    expect([heard.said, host.stats().datagramsLost]).toEqual([[], 2]);
  });

  test('too long for UDP: told, but not from within the call', () => {
    const host = newHost();
    const heard = new Heard();
    const to = loopback(9);
    host.udp(4, heard)!.send(to, 64, new Uint8Array(65_508), 0, 65_508);
    expect(heard.said).toEqual([]);
    loop.turn();
    expect(heard.said).toEqual([`${to} refused ${Refusal.HOST_UNREACHABLE} by this machine`]);
  });

  test('closed before it is told: nothing is', () => {
    const host = newHost();
    const heard = new Heard();
    for (const size of [1, 65_508]) {
      const near = host.udp(4, heard)!;
      near.send(nobody(SocketType.DGRAM), 64, new Uint8Array(size), 0, size);
      near.close();
    }
    loop.turn(20);
    loop.turn(20);
    expect(heard.said).toEqual([]);
  });

  test('a socket that many send to does not keep the others from their turn', () => {
    const host = newHost();
    const [busy, quiet] = [new Heard(), new Heard()];
    const ports = [busy, quiet].map((heard) => {
      const at = new Heard();
      const events = { ...heardEvents(at), received: heard.received.bind(heard), undeliverable: () => {} };
      host.udpAt(loopback(0), events);
      loop.turn();
      return Number(/:(\d+)$/.exec(at.said[0]!)![1]);
    });
    const far = open.add(socket(SocketType.DGRAM));
    bound(far);
    for (let i = 0; i < 200; i++) sendTo(far, loopbackAt(4, ports[0]!), text(`${i}`));
    sendTo(far, loopbackAt(4, ports[1]!), text('me too'));
    loop.turn();
    expect(busy.said.length).toBeLessThan(200);
    expect(quiet.said).toHaveLength(1);
    until('all', () => busy.said.length === 200);
    expect(busy.said).toEqual(Array.from({ length: 200 }, (_, i) => `127.0.0.1:${nameOf(far).port}: ${i}`));
  });

  const why = whyNoNetwork();
  test.skipIf(why !== null)(`without a network${why === null ? '' : `: skipped, ${why}`}`, () => {
    inNewNetwork(() => {
      const host = newHost();
      const heard = new Heard();
      const to = Endpoint.parse('192.0.2.1', 9)!;
      const [near, local] = [new Near(), new Near()];
      near.socket = host.connect(to, near);
      local.socket = host.connect(loopback(9), local);
      host.udp(4, heard)!.send(to, 64, text('x'), 0, 1);
      loop.turn();
      expect(near.said).toEqual([`refused ${Refusal.NETWORK_UNREACHABLE}`]);
      expect(local.said).toEqual([`refused ${Refusal.NETWORK_UNREACHABLE}`]);
      until('the datagram has been tried', () => heard.said.length > 0); // at the end of its turn
      expect(heard.said).toEqual([`${to} refused ${Refusal.NETWORK_UNREACHABLE} by this machine`]);
      const interfaces = new Interfaces();
      interfaces.up('lo');
      interfaces.close();
      const again = new Near();
      again.socket = host.connect(loopback(9), again);
      until('it is refused', () => again.said.length > 0);
      expect(again.said).toEqual([`refused ${Refusal.REFUSED}`]);
    });
  });
});

describe('when bytes leave', () => {
  test('the first write of a turn at once; those after it together, at its end', () => {
    const { near, far } = connected(newHost());
    loop.defer(() => {
      put(near, text('a'));
      expect(arrived(far).bytes).toEqual(text('a'));
      put(near, text('b'));
      put(near, text('c'));
      expect(arrived(far).bytes).toEqual(text(''));
    });
    loop.turn();
    expect(arrived(far).bytes).toEqual(text('bc'));
  });

  test('writes at the end of a turn leave in that turn, whoever was asked first', () => {
    const { near, far } = connected(newHost());
    let done = false;
    loop.onTurnEnd(() => {
      if (!done) for (const piece of ['a', 'b', 'c']) put(near, text(piece));
      done = true;
      return Infinity;
    });
    loop.turn(0);
    expect(arrived(far).bytes).toEqual(text('abc'));
  });

  test('writes between turns leave in the next, which does not wait', () => {
    const { near, far } = connected(newHost());
    loop.turn(0);
    for (const piece of ['a', 'b', 'c']) put(near, text(piece));
    const began = performance.now();
    loop.turn(1_000);
    expect(performance.now() - began).toBeLessThan(500);
    expect(arrived(far).bytes).toEqual(text('abc'));
  });

  test.each(['finish', 'close'] as const)('%s() in the turn of several writes loses nothing', (how) => {
    const { near, far } = connected(newHost());
    loop.defer(() => {
      for (const piece of ['a', 'b', 'c']) put(near, text(piece));
      near.socket![how]();
    });
    loop.turn();
    expect(arrived(far)).toEqual({ bytes: text('abc'), last: END });
    loop.turn(20);
    expect(near.said).toEqual(['opened']);
  });

  test('abort() in the turn of several writes resets; the next socket of that number is left alone', () => {
    const host = newHost();
    const { near, far } = connected(host);
    const { at } = listener(open);
    const next = new Near();
    loop.defer(() => {
      for (const piece of ['a', 'b', 'c']) put(near, text(piece));
      near.socket!.abort();
      next.socket = host.connect(at, next);
    });
    loop.turn();
    until('the far side knows', () => arrived(far).last === -Errno.ECONNRESET);
    until('the next is open', () => next.said.length > 0);
    expect(near.said).toEqual(['opened']);
  });

  test('several sockets in one turn: each its own', () => {
    const host = newHost();
    const pairs = [connected(host), connected(host), connected(host)];
    loop.defer(() => {
      for (const round of ['x', 'y']) for (const [i, { near }] of pairs.entries()) put(near, text(`${round}${i}`));
    });
    loop.turn();
    expect(pairs.map(({ far }) => arrived(far).bytes)).toEqual([0, 1, 2].map((i) => text(`x${i}y${i}`)));
  });

  test('whatever is written in whatever turns, the stream is whole, and nothing is held back', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 6 });
    const turns = fc.array(fc.record({ sizes, reads: fc.boolean() }), { minLength: 1, maxLength: 12 });
    const host = newHost();
    const pattern = Uint8Array.from({ length: 30_256 }, (_, i) => i);
    fc.assert(
      fc.property(turns, (steps) => {
        const { near, far } = connected(host);
        let wrote = 0;
        const got: Uint8Array[] = [];
        for (const step of steps) {
          loop.defer(() => {
            for (const size of step.sizes) wrote += put(near, pattern.subarray(wrote & 255, (wrote & 255) + size));
          });
          loop.turn();
          if (step.reads) got.push(arrived(far).bytes);
        }
        const last = performance.now() + 100; // less than the kernel would wait by itself
        const count = (): number => got.reduce((sum, { length }) => sum + length, 0);
        while (count() < wrote && performance.now() < last) got.push(arrived(far).bytes);
        const all = Buffer.concat(got);
        expect(all.length).toBe(wrote);
        expect(all.every((byte, i) => byte === (i & 255))).toBe(true);
        near.socket!.abort();
        open.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('urgent data', () => {
  test('is part of the stream, and what is behind it is not left lying', () => {
    const { near, far } = connected(newHost());
    loop.turn(5);
    const send = (s: string, flags: number): void => {
      const region = new Region(s.length);
      region.bytes.set(text(s));
      expect(libc.send(far, region.address, s.length, flags)).toBe(s.length);
    };
    send('before', 0);
    send('!', Message.OOB);
    send('behind', 0);
    for (let i = 0; i < 20 && near.got.length < 13; i++) loop.turn(5);
    expect(new TextDecoder().decode(Uint8Array.from(near.got))).toBe('before!behind');
    send('and the end', 0);
    libc.shutdown(far, 1);
    until('the end', () => near.ended);
    expect(near.got).toHaveLength(24);
  });
});

test('close(): everything goes, and nobody hears of it', () => {
  const before = openDescriptors();
  const host = newHost();
  const heard = new Heard();
  const { near, far } = connected(host);
  const hanging = new Near();
  hanging.socket = host.connect(nobody(), hanging);
  const datagrams = host.udp(4, heard)!;
  host.accept(loopback(0), { ...heardEvents(heard), accepted: () => {} });
  datagrams.send(nobody(SocketType.DGRAM), 64, text('x'), 0, 1);
  host.echo!(4, { replied: () => {}, undeliverable: () => {} });
  host.close();
  loop.turn(20);
  loop.turn(20);
  expect([near.said, hanging.said, heard.said]).toEqual([['opened'], [], []]);
  expect(arrived(far).last).toBe(-Errno.ECONNRESET);
  open.close();
  expect(openDescriptors()).toBe(before);
  expect(Object.values(host.stats())).toEqual([0, 0, 0, 0]);
});
