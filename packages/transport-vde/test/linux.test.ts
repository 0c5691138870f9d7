import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkContract } from '@reslirp/link/contract';
import { Family, Loop, libc, SocketType, unixBind, unixConnect } from '@reslirp/syscall';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDescriptors, read, write } from '../../syscall/test/descriptors.ts';
import { PacketDoor } from '../src/linux.ts';
import { address } from './fake-switch.ts';
import { numbered, PacketBench, put, VdeBench } from './packet-bench.ts';

let loop: Loop;
/** Its clock: patience costs no time. */
let now = 0;
const open: { release(): void }[] = [];
beforeEach(() => {
  now = 1_000;
  loop = new Loop(() => now);
});
afterEach(() => {
  for (const thing of open.splice(0)) thing.release();
  loop.dispose();
});

function keep<T extends { release(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

describe.each([
  ['packets', () => keep(new PacketBench(loop))],
  ['a switch', () => keep(new VdeBench(loop)).joined()],
])('%s', (_, make) => {
  for (const { name, run } of linkContract(make)) test(name, run);
});

describe('packets', () => {
  test('empty ones are no frame and no end; longer ones than any frame are dropped, and counted', () => {
    const t = keep(new PacketBench(loop, SocketType.SEQPACKET, 200));
    const seen: number[] = [];
    t.link.onFrame((_b, at, end) => seen.push(end - at));
    for (const size of [0, 13, 201, 0, 5_000, 200]) t.send(numbered(size, 1));
    t.settle();
    expect([seen, t.link.tooLong, t.ends]).toEqual([[13, 200], 2, []]);
    t.send(numbered(0, 0));
    t.hangUp();
    t.settle();
    expect(t.ends).toEqual([null]);
  });

  test('several hundred frames of a turn arrive, in order', () => {
    const t = keep(new PacketBench(loop));
    for (let i = 0; i < 300; i++) put(t.link, numbered(60 + i, i));
    t.link.flush();
    t.settle();
    expect(t.arrived).toEqual(Array.from({ length: 300 }, (_, i) => numbered(60 + i, i)));
  });

  test('the other end is gone while there is something to say: the end, once, and not from within', () => {
    const t = keep(new PacketBench(loop));
    t.hangUp();
    put(t.link, numbered(60, 1));
    t.link.flush();
    expect(t.ends).toEqual([]);
    t.settle();
    expect([t.ends, t.link.lost]).toEqual([[null], 1]);
  });

  test('datagrams to nobody: the end', () => {
    const t = keep(new PacketBench(loop, SocketType.DGRAM));
    t.hangUp();
    put(t.link, numbered(60, 1));
    t.link.flush();
    t.settle();
    expect([t.ends, t.link.lost]).toEqual([[null], 1]);
  });
});

describe('joining a switch', () => {
  test('says who it is, and leaves nothing behind in the file system', () => {
    const t = keep(new VdeBench(loop)).joined();
    expect(t.switch!.askings).toEqual([
      {
        magic: 0xfeed_face,
        version: 3,
        type: 0,
        socket: expect.stringContaining(`${t.switchDirectory}/.reslirp-${process.pid}-`),
        description: expect.stringContaining(`pid=${process.pid}`),
      },
    ]);
    expect([t.told, t.switch!.leftovers()]).toEqual([['joined, at port 1'], []]);
  });

  test.each([
    [5, 5 << 8],
    [0, 1],
  ])('asks for port %i', (port, type) => {
    const t = keep(new VdeBench(loop, { port })).joined();
    expect(t.switch!.askings[0]!.type).toBe(type);
  });

  test('asks at the socket of a port group, and says when there is none', () => {
    const t = keep(new VdeBench(loop, { port: 'lan' }, 'lan')).joined();
    expect(t.switch!.askings[0]!.type).toBe(0);
    const other = keep(new VdeBench(loop, { port: 'wan' }, 'lan'));
    other.settle();
    expect(other.ends).toEqual(["it has no port group 'wan'"]);
  });

  test('our socket is for us alone while it has a name', () => {
    const t = keep(new VdeBench(loop));
    t.switch!.reply = () => null;
    t.turn(3);
    const { socket } = t.switch!.askings[0]!;
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    t.link.close();
    expect(existsSync(socket)).toBe(false);
  });

  test('what a killed one left is removed, and what is in use is not', () => {
    const t = keep(new VdeBench(loop));
    const names = ['.reslirp-1-0', '.reslirp-2-0', '.other'].map((name) => join(t.switchDirectory, name));
    const fds = names.map((name) => {
      const fd = libc.socket(Family.UNIX, SocketType.DGRAM, 0);
      expect(unixBind(fd, name)).toBe(0);
      return fd;
    });
    for (const fd of [fds[0]!, fds[2]!]) libc.close(fd);
    t.joined();
    expect(t.switch!.leftovers().sort()).toEqual(['.other', '.reslirp-2-0']);
    libc.close(fds[1]!);
  });

  test('a path that leaves no room for our socket: it is elsewhere', () => {
    const name = 'd'.repeat(107 - tmpdir().length - '/reslirp-vde-XXXXXX//ctl'.length);
    const t = keep(new VdeBench(loop, { name }));
    t.switch!.reply = () => null; // there is no room for a port either
    t.turn(3);
    expect(t.switch!.askings[0]!.socket).toMatch(/^\/tmp\/\.reslirp-/);
  });

  const refusing: readonly (readonly [string, string, (t: VdeBench) => void])[] = [
    ['nobody', 'there is no switch', (t) => rmSync(t.switchDirectory, { recursive: true })],
    ['a directory without a switch', 'there is no switch', (t) => rmSync(join(t.switchDirectory, 'ctl'))],
    ['a switch that was killed', 'the switch that was there is gone', (t) => t.switch!.die()],
    [
      'a file',
      'it is not the directory of a switch',
      (t) => {
        rmSync(t.switchDirectory, { recursive: true });
        writeFileSync(t.switchDirectory, '');
      },
    ],
    [
      'one that hangs up',
      'the switch does not give us a port',
      (t) => {
        t.switch!.reply = () => {
          t.hangUp();
          return null;
        };
      },
    ],
    [
      'one that speaks otherwise',
      'what answers is not a switch',
      (t) => (t.switch!.reply = () => new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'.repeat(8))),
    ],
    ['one whose answer has no path', 'what answers is not a switch', (t) => (t.switch!.reply = () => address(''))],
    [
      'one whose port is not there',
      "its port at '/nowhere/1' cannot be used: ENOENT",
      (t) => (t.switch!.reply = () => address('/nowhere/1')),
    ],
  ];
  test.each(refusing)('%s: "%s", and nothing is left', (_, complaint, prepare) => {
    const t = keep(new VdeBench(loop));
    const before = openDescriptors();
    prepare(t);
    t.settle();
    t.hangUp();
    expect([t.ends, t.told]).toEqual([[complaint], []]);
    t.link.close();
    expect(openDescriptors()).toBeLessThanOrEqual(before);
    if (existsSync(t.switchDirectory) && statSync(t.switchDirectory).isDirectory()) {
      expect(t.switch!.leftovers()).toEqual([]);
    }
  });

  test('one that does not answer, or not in full: given up in time', () => {
    const t = keep(new VdeBench(loop));
    t.switch!.reply = () => address('/x').subarray(0, 109);
    t.settle();
    now += 4_999;
    t.settle();
    expect(t.ends).toEqual([]);
    now += 1;
    t.settle();
    expect([t.ends, t.switch!.leftovers()]).toEqual([['the switch does not answer'], []]);
  });
});

describe('a switch that goes', () => {
  test('takes no frames, and has not said that it goes: they are lost, and counted', () => {
    const t = keep(new VdeBench(loop)).joined();
    libc.close(t.switch!.data);
    for (let i = 0; i < 3; i++) put(t.link, numbered(60, i));
    t.settle();
    expect(t.ends).toEqual([]);
    expect(t.link.lost).toBe(3);
    t.switch!.data = -1;
  });

  test('what it says beside frames means nothing', () => {
    const t = keep(new VdeBench(loop)).joined();
    t.switch!.say(numbered(1_000, 3));
    t.settle();
    put(t.link, numbered(60, 1));
    t.settle();
    expect([t.ends, t.arrived]).toEqual([[], [numbered(60, 1)]]);
  });

  test('is heard to the end: every frame that it had sent', () => {
    const t = keep(new VdeBench(loop)).joined();
    const seen: string[] = [];
    t.link.onFrame((_b, at, end) => seen.push(String(end - at)));
    t.link.onEnd(() => seen.push('end'));
    for (let i = 0; i < 150; i++) expect(t.switch!.send(numbered(60 + i, i))).toBe(60 + i);
    t.hangUp();
    t.settle();
    expect(seen).toEqual([...Array.from({ length: 150 }, (_, i) => String(60 + i)), 'end']);
  });

  test('is not tried again unless that was asked for', () => {
    const t = keep(new VdeBench(loop)).joined();
    t.switch!.die();
    t.switch = null;
    t.settle();
    now += 60_000;
    t.begin();
    t.settle();
    expect([t.ends, t.told, t.switch!.askings]).toEqual([[null], ['joined, at port 1'], []]);
  });

  test('reconnect: it is joined again when it is there again; what waits then leaves', () => {
    const t = keep(new VdeBench(loop, { reconnect: true })).joined();
    t.switch!.die();
    t.switch = null;
    t.settle();
    let sent = 0;
    while (put(t.link, numbered(1_400, sent))) sent++;
    for (let i = 0; i < 3; i++) {
      now += 1_000;
      t.settle();
    }
    t.begin();
    now += 1_000;
    let rooms = 0;
    t.link.onRoom(() => rooms++);
    t.settle();
    expect(t.told).toEqual([
      'joined, at port 1',
      'the switch has gone; it is tried again',
      'the switch that was there is gone; it is tried again',
      'joined, at port 1',
    ]);
    expect([t.ends, t.arrived.length, rooms]).toEqual([[], sent, 1]);
    expect(t.arrived).toEqual(Array.from({ length: sent }, (_, i) => numbered(1_400, i)));
  });

  test('reconnect: one that is not there yet', () => {
    const t = keep(new VdeBench(loop, { reconnect: true }, false));
    t.settle();
    now += 1_000;
    t.settle();
    t.begin();
    now += 1_000;
    t.joined();
    expect(t.told).toEqual(['there is no switch; it is tried again', 'joined, at port 1']);
  });

  test('closed while it waits, or while it is joined: nothing is left, and nothing is tried', () => {
    const before = openDescriptors();
    const waiting = new VdeBench(loop, { reconnect: true }, false);
    waiting.settle();
    put(waiting.link, numbered(60, 1));
    waiting.release();
    const t = new VdeBench(loop);
    t.link.close();
    t.settle();
    expect([t.switch!.askings, t.ends]).toEqual([[], []]);
    t.release();
    now += 60_000;
    loop.turn(0);
    expect(openDescriptors()).toBe(before);
  });
});

describe('a door of packets', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-door-'));
  const path = join(directory, 'bess');
  const clients: number[] = [];
  afterEach(() => {
    for (const fd of clients.splice(0)) libc.close(fd);
  });

  function door(): { link: PacketDoor; told: string[]; release(): void } {
    const told: string[] = [];
    const link = new PacketDoor({ loop, path, told: (text) => told.push(text) });
    return keep({ link, told, release: () => link.close() });
  }

  function client(): number {
    const fd = libc.socket(Family.UNIX, SocketType.SEQPACKET | SocketType.NONBLOCK, 0);
    clients.push(fd);
    expect(unixConnect(fd, path)).toBe(0);
    return fd;
  }

  const turn = (): void => {
    for (let i = 0; i < 4; i++) loop.turn(0);
  };

  test('one guest at a time; the next finds what waited for it', () => {
    const { link, told } = door();
    const seen: number[] = [];
    link.onFrame((_b, at, end) => seen.push(end - at));
    const one = client();
    turn();
    write(one, numbered(60, 1));
    const two = client();
    turn();
    expect([seen, read(two), link.turnedAway]).toEqual([[60], new Uint8Array(0), 1]);
    libc.close(clients.shift()!);
    turn();
    put(link, numbered(90, 9));
    link.flush();
    const three = client();
    turn();
    expect(read(three)).toEqual(numbered(90, 9));
    expect(told).toEqual(['a guest', 'another guest is not let in: there is one', 'the guest has left', 'a guest']);
  });

  test('is for its user alone, and gone when it is closed', () => {
    const { link } = door();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    link.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('takes the place of one that was killed, and of nothing else', () => {
    const fd = libc.socket(Family.UNIX, SocketType.SEQPACKET, 0);
    unixBind(fd, path);
    libc.close(fd);
    const { release } = door();
    expect(() => new PacketDoor({ loop, path })).toThrow(`${path}: in use: somebody else listens there`);
    release();
    open.pop();
    writeFileSync(path, 'precious');
    expect(() => new PacketDoor({ loop, path })).toThrow(`${path}: there is something that is no socket, and stays`);
    expect(existsSync(path)).toBe(true);
    rmSync(path);
    expect(() => new PacketDoor({ loop, path: '/nowhere/at/all' })).toThrow(
      '/nowhere/at/all: there is no such directory',
    );
    expect(() => new PacketDoor({ loop, path: `/tmp/${'x'.repeat(120)}` })).toThrow('a path of 107 bytes at most');
  });
});
