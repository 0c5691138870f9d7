// Real TAPs, in namespaces of their own: the kernel is the guest, and this process its network.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type ServeOptions, type Serving, serve } from '@reslirp/host-linux';
import { channel, Loop, libc, receiveDescriptor, setOffload, Tun } from '@reslirp/syscall';
import { fold, pseudo4, sum } from '@reslirp/wire/checksum';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Namespace } from '../../../tooling/e2e/namespace.ts';
import { hashOf, http, type Server } from '../../../tooling/e2e/servers.ts';
import { missingForNamespace } from '../../../tooling/e2e/tools.ts';
import { openDescriptors } from '../../syscall/test/descriptors.ts';
import { type Tap, TapError, TapLink, tapOf } from '../src/index.ts';

type Config = ServeOptions['config'];

const ENTER = ['-U', '--preserve-credentials', '-n', '-m'];
const INSIDE = fileURLToPath(new URL('./inside.js', import.meta.url));
const BURST = fileURLToPath(new URL('./burst.js', import.meta.url));
const BLOCKS = 320;
const why = missingForNamespace('bash', 'curl', 'ping', 'sha256sum');

/** A descriptor that was made in `namespace`. */
async function made(namespace: Namespace, name: string, kind: 'tap' | 'bare' | 'tun' = 'tap'): Promise<number> {
  const [ours, theirs] = channel()!;
  const args = ['-t', String(namespace.pid), ...ENTER, process.execPath, INSIDE, name, kind];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'inherit', 'inherit', theirs], timeout: 20_000 });
  libc.close(theirs);
  const [code] = await once(child, 'exit');
  const fd = receiveDescriptor(ours);
  libc.close(ours);
  expect([code, fd > 0]).toEqual([0, true]);
  return fd;
}

/** The steps that a TAP may have to be content with. */
const STEPS: Readonly<Record<string, (namespace: Namespace) => Promise<Tap>>> = {
  datagrams: async (namespace) => tapOf(await made(namespace, 'tap0'), 'tap0'),
  segments: async (namespace) => {
    const fd = await made(namespace, 'tap0');
    const tap = tapOf(fd);
    setOffload(fd, Tun.OFFLOAD_CHECKSUM | Tun.OFFLOAD_TSO4 | Tun.OFFLOAD_TSO6);
    return { ...tap, offload: 'segments' };
  },
  checksums: async (namespace) => {
    const fd = await made(namespace, 'tap0');
    const tap = tapOf(fd);
    setOffload(fd, Tun.OFFLOAD_CHECKSUM);
    return { ...tap, offload: 'checksums' };
  },
  nothing: async (namespace) => {
    const fd = await made(namespace, 'tap0');
    const tap = tapOf(fd);
    setOffload(fd, 0);
    return { ...tap, offload: 'none' };
  },
  'nothing, and no header': async (namespace) => tapOf(await made(namespace, 'tap0', 'bare')),
};

/** A guest with a network, which turns while somebody waits for something. */
class Network {
  readonly namespace: Namespace;
  readonly link: TapLink;
  readonly serving: Serving;
  readonly ends: string[] = [];
  readonly loop: Loop;
  #turning: boolean = true;

  private constructor(namespace: Namespace, tap: Tap, config: Config) {
    this.namespace = namespace;
    this.loop = new Loop();
    this.link = new TapLink({ tap, loop: this.loop, ...(config.mtu === undefined ? {} : { mtu: config.mtu }) });
    this.link.onEnd((error) => this.ends.push(String(error?.message)));
    this.serving = serve({ loop: this.loop, link: this.link, config, random: Math.random });
    this.#turn();
  }

  static async start(
    tap: (namespace: Namespace) => Promise<Tap>,
    mtu: number,
    also: Partial<Config> = {},
  ): Promise<Network> {
    const namespace = await Namespace.make();
    const network = new Network(namespace, await tap(namespace), { network: '10.0.2.0/24', mtu, ...also });
    await network.sh(`ip link set lo up; ip link set tap0 mtu ${mtu}; ip address add 10.0.2.15/24 dev tap0;
      ip link set tap0 up; ip route add default via 10.0.2.2`);
    return network;
  }

  sh(line: string): Promise<string> {
    return this.namespace.sh(line, 30_000);
  }

  start(...command: string[]): ChildProcess {
    return this.namespace.start(command);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const patience = performance.now() + 5_000;
    while (!holds()) {
      if (performance.now() > patience) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  stop(): void {
    this.#turning = false;
    this.serving.close();
    this.link.close();
    this.loop.dispose();
    this.namespace.remove();
  }

  #turn(): void {
    if (!this.#turning) return;
    this.loop.turn(0);
    setImmediate(() => this.#turn());
  }
}

let network: Network | null = null;
let server: Server;
beforeAll(async () => {
  server = await http();
});
afterAll(() => server.close());
afterEach(() => {
  network?.stop();
  network = null;
});

const MATRIX = [
  ...[576, 1_500, 9_000, 65_520].flatMap((mtu) => [[mtu, 'datagrams'] as const, [mtu, 'nothing'] as const]),
  [1_500, 'segments'] as const,
  [1_500, 'checksums'] as const,
  [65_520, 'checksums'] as const,
  [1_500, 'nothing, and no header'] as const,
  [9_000, 'nothing, and no header'] as const,
];

describe.skipIf(why !== null)(`a guest behind a TAP${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each(MATRIX)(
    'MTU %i, left to the kernel: %s: a ping, and 20 MB each way',
    { timeout: 60_000 },
    async (mtu, step) => {
      network = await Network.start(STEPS[step]!, mtu);
      expect(await network.sh('ping -c 2 -i 0.2 -W 2 10.0.2.2')).toContain(' 0% packet loss');
      const url = `http://10.0.2.2:${server.port}`;
      const hash = hashOf(BLOCKS);
      const both = `set -e; curl -s --max-time 25 ${url}/blocks/${BLOCKS} > /tmp/$$; sha256sum < /tmp/$$
      curl -s --max-time 25 -T /tmp/$$ ${url}/; rm /tmp/$$`;
      expect(await network.sh(both)).toBe(`${hash}  -\n${hash}\n`);
      expect(network.link.counters).toEqual({ lost: 0, malformed: 0 });
      const unread = Object.keys(network.serving.stack.stats()).filter((name) => /malformed|checksum/i.test(name));
      expect(unread).toEqual([]);
    },
  );
});

describe.skipIf(why !== null)(`datagrams of the guest, uncut${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each([
    [4, 'datagrams'],
    [6, 'datagrams'],
    [4, 'segments'],
    [6, 'nothing'],
  ] as const)(
    'UDP_SEGMENT over IPv%i, left to the kernel: %s: each arrives, and so does its echo',
    async (version, step) => {
      const [host, gateway] = version === 4 ? ['127.0.0.1', '10.0.2.2'] : ['::1', 'fd00::2'];
      const sizes: number[] = [];
      const far = createSocket(`udp${version}`).on('message', (b, from) => {
        sizes.push(b.length);
        far.send(b, from.port, from.address);
      });
      await new Promise<void>((resolve) => far.bind(0, host, resolve));
      network = await Network.start(STEPS[step]!, 1_500, { network6: 'fd00::/64' });
      await network.sh('ip address add fd00::15/64 dev tap0 nodad; ip route add default via fd00::2');
      const { stack } = network.serving;
      const before = stack.stats();
      const done = await network.sh(`${process.execPath} ${BURST} ${gateway} ${far.address().port} 1000 50300`);
      expect(done).toBe(`${[...Array(50).fill(1_000), 300].join(' ')}\n`);
      expect(sizes).toEqual([...Array(50).fill(1_000), 300]);
      // Nobody has cut what went in; and what came back in one turn came in one frame
      const toGuest = stack.stats()['framesOut']! - before['framesOut']!;
      if (step === 'datagrams') expect(toGuest).toBeLessThan(51);
      else expect(toGuest).toBeGreaterThanOrEqual(51);
      expect(network.link.counters.malformed).toBe(0);
      far.close();
    },
  );
});

/** Ethernet, IPv4 and UDP or TCP within a VXLAN header (RFC 7348 5): where the inner packets begin. */
const INNER = 8 + 14;

/** Whether the transport checksum of the IPv4 packet at `at` holds. */
function holds(b: Uint8Array, at: number): boolean {
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  const end = at + view.getUint16(at + 2);
  const pseudo = pseudo4(view.getInt32(at + 12), view.getInt32(at + 16), b[at + 9]!, end - at - 20);
  return fold(sum(b, at + 20, end, pseudo)) === 0xffff;
}

describe.skipIf(why !== null)(`a tunnel of the guest${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each(Object.keys(STEPS))('left to the kernel: %s: the packets within have their checksums', async (step) => {
    const within: Uint8Array[] = [];
    const far = createSocket('udp4').on('message', (b) => within.push(b));
    await new Promise<void>((resolve) => far.bind(0, '127.0.0.1', resolve));
    network = await Network.start(STEPS[step]!, 1_500);
    await network.sh(`ip link add vx0 type vxlan id 5 remote 10.0.2.2 dstport ${far.address().port}
      ip address add 192.0.2.1/24 dev vx0; ip link set vx0 up
      ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev vx0`);
    for (const to of ['udp', 'tcp']) {
      network.start('bash', '-c', `echo hello > /dev/${to}/192.0.2.2/7`);
      const protocol = to === 'udp' ? 17 : 6;
      const found = (): Uint8Array | undefined => within.find((b) => b[INNER] === 0x45 && b[INNER + 9] === protocol);
      await network.until(`${to} has arrived`, () => found() !== undefined);
      expect(holds(found()!, INNER)).toBe(true);
    }
    far.close();
  });
});

describe.skipIf(why !== null)(`the end of a TAP${why === null ? '' : `: skipped, ${why}`}`, () => {
  test('deleted while it carries: the link ends once, in one line, and is closed', async () => {
    const before = openDescriptors();
    network = await Network.start(STEPS['datagrams']!, 1_500);
    const { link } = network;
    const download = network.start('curl', '-s', '-o', '/dev/null', `http://10.0.2.2:${server.port}/blocks/100000`);
    await network.until('the flow is there', () => network!.serving.host.stats().tcpSockets === 1);
    await network.sh('ip link delete tap0');
    await network.until('the end', () => network!.ends.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(network.ends).toEqual(['the TAP is gone: EBADFD']);
    expect(link.reserve(60)).toBe(-1);
    download.kill('SIGKILL');
    network.stop();
    await network.until('nothing is kept', () => openDescriptors() <= before);
    network = null;
  });

  test('deleted while nothing happens: told all the same', async () => {
    network = await Network.start(STEPS['datagrams']!, 1_500);
    await network.sh('ip link delete tap0');
    await network.until('the end', () => network!.ends.length > 0);
    expect(network.ends).toEqual(['the TAP is gone: EBADFD']);
  });

  test('down is not gone: frames are lost and counted, and it goes on when it is up again', async () => {
    network = await Network.start(STEPS['datagrams']!, 1_500);
    const { link } = network;
    await network.sh('ip link set tap0 down');
    for (let i = 0; i < 3; i++) {
      link.reserve(60);
      link.commit(60);
    }
    expect([link.counters.lost, network.ends]).toEqual([3, []]);
    await network.sh('ip link set tap0 up');
    expect(await network.sh('ping -c 1 -W 2 10.0.2.2')).toContain(' 0% packet loss');
  });

  test('whose namespace has nobody in it any more: it stays while we have it, and costs no turns', async () => {
    network = await Network.start(STEPS['datagrams']!, 1_500);
    const { namespace, link, loop } = network;
    namespace.remove();
    await new Promise((resolve) => setTimeout(resolve, 300));
    let turns = 0;
    const ignore = loop.onTurnEnd(() => {
      turns++;
      return Infinity;
    });
    loop.turn(0);
    turns = 0;
    const until = performance.now() + 200;
    while (performance.now() < until) loop.turn(until - performance.now());
    ignore();
    expect(turns).toBeLessThan(20); // timers of the stack
    link.reserve(60);
    link.commit(60);
    expect(network.ends).toEqual([]);
  });
});

describe.skipIf(why !== null)(`whose descriptor it is${why === null ? '' : `: skipped, ${why}`}`, () => {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await Namespace.make();
  });
  afterAll(() => namespace.remove());

  test('a TAP made elsewhere is taken over, with all that this kernel has', async () => {
    const fd = await made(namespace, 'one');
    expect(tapOf(fd, 'one')).toEqual({ fd, name: 'one', header: 10, offload: 'datagrams' });
    libc.close(fd);
  });

  test('one without virtio headers too', async () => {
    const fd = await made(namespace, 'two', 'bare');
    expect(tapOf(fd)).toEqual({ fd, name: 'tap', header: 0, offload: 'none' });
    libc.close(fd);
  });

  test('a TUN is none, and stays open: it is the caller’s', async () => {
    const fd = await made(namespace, 'three', 'tun');
    const message = `descriptor ${fd} is a TUN: it has no Ethernet frames`;
    expect(() => tapOf(fd)).toThrow(expect.objectContaining({ name: 'TapError', code: 'EINVAL', message }));
    expect(libc.close(fd)).toBe(0);
  });
});

test('what is no TAP at all says so', () => {
  const fd = libc.eventfd(0, 0);
  expect(() => tapOf(fd)).toThrow(new TapError('ENOTTY', `descriptor ${fd} is no TAP: ENOTTY`));
  libc.close(fd);
  expect(() => tapOf(fd)).toThrow(new TapError('EBADF', `descriptor ${fd} is no TAP: EBADF`));
});
