// What ordinary programs of a guest do, and what they are told when it cannot be done.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP, run } from './guest.ts';
import { http, type Server, tcp, udpEcho } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('curl', 'wget', 'socat', 'iperf3');
const servers: Server[] = [];
const serve = async (server: Promise<Server>): Promise<number> => {
  servers.push(await server);
  return servers.at(-1)!.port;
};

describe.skipIf(why !== null)(`flows${why === null ? '' : `: skipped, ${why}`}`, () => {
  let guest: Guest;
  let web: string;

  beforeAll(async () => {
    web = `http://10.0.2.2:${await serve(http())}`;
    guest = await Guest.start();
    await guest.dhcp();
  });
  afterAll(async () => {
    await guest?.stop();
    for (const server of servers) server.close();
  });

  test('wget and curl fetch a page', async () => {
    for (const command of [
      ['wget', '-q', '-O', '-'],
      ['curl', '-s'],
    ]) {
      expect((await guest.run([...command, `${web}/hello`])).out).toBe('hello from the host\n');
    }
  });

  test('500 connections at once', async () => {
    const urls = Array.from({ length: 500 }, () => ['-o', '/dev/null', `${web}/blocks/1`]).flat();
    const at = ['--parallel', '--parallel-immediate', '--parallel-max', '300']; // the most that curl does
    const both = await Promise.all(
      [0, 1].map((half) =>
        guest.run(
          ['curl', '-s', '-w', '%{http_code} %{size_download}\n', ...at, ...urls.slice(half * 750, half * 750 + 750)],
          60_000,
        ),
      ),
    );
    const lines = both.flatMap((done) => done.out.trim().split('\n'));
    expect(lines.filter((line) => line === '200 65536')).toHaveLength(500);
  }, 60_000);

  test('nobody listens: refused at once', async () => {
    const done = await guest.run(['curl', '-s', '-S', 'http://10.0.2.2:9/']);
    expect(done.code).toBe(7);
    expect(done.err).toMatch(/Connection refused|Couldn't connect/);
    expect(done.took).toBeLessThan(2_000);
  });

  test('the guest ends first: the host gets all of it, and answers after the end', async () => {
    const port = await serve(
      tcp((socket) => {
        const hash = createHash('sha256');
        socket.on('data', (b) => hash.update(b)).on('end', () => setTimeout(() => socket.end(hash.digest('hex')), 200));
      }),
    );
    const text = 'to the end of the stream\n'.repeat(10_000);
    const done = await guest.run(['socat', '-t', '5', '-', `TCP:10.0.2.2:${port}`], 10_000, text);
    expect(done.out).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('the host ends first: what the guest sends after that still arrives', async () => {
    let got = '';
    const ended = new Promise<void>((resolve, reject) => {
      serve(
        tcp((socket) => {
          socket.end('that was all\n');
          socket.on('data', (b) => (got += b)).on('end', resolve);
        }),
      ).then(async (port) => {
        const done = await guest.sh(`(sleep 0.5; echo but I have more) | socat -t 5 - TCP:10.0.2.2:${port}`);
        if (done.out !== 'that was all\n') reject(new Error(`${done.out}${done.err}`));
      }, reject);
    });
    await ended;
    expect(got).toBe('but I have more\n');
  });

  test('the host resets: so it is for the guest', async () => {
    const port = await serve(tcp((socket) => setTimeout(() => socket.resetAndDestroy(), 100)));
    const done = await guest.run(['socat', '-d', '-u', `TCP:10.0.2.2:${port}`, '-']);
    expect(done.err).toContain('reset by peer');
  });

  test('datagrams of one and of several fragments come back', async () => {
    const port = await serve(udpEcho());
    for (const size of [1, 1_400, 9_000, 60_000]) {
      const done = await guest.sh(
        `head -c ${size} /dev/zero | socat -b 65000 -t 1 - UDP:10.0.2.2:${port},sndbuf=200000,rcvbuf=200000 | wc -c`,
      );
      expect(done.out.trim()).toBe(String(size));
    }
  });

  test.each([[], ['-R']])('iperf3 %s', async (...direction) => {
    const server = run(['iperf3', '-s', '-1', '-B', '127.0.0.1', '-p', '15201'], 20_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const done = await guest.run(['iperf3', '-c', '10.0.2.2', '-p', '15201', '-t', '1', '-J', ...direction.flat()]);
    await server;
    expect(JSON.parse(done.out).end.sum_received.bytes).toBeGreaterThan(1_000_000);
  });
});

describe.skipIf(why !== null)(`policy${why === null ? '' : `: skipped, ${why}`}`, () => {
  test.each([
    ['--restricted', /refused|Couldn't connect/],
    ['--disable-host-loopback', /unreachable|Couldn't connect/],
  ])('%s: the host is out of reach, and the guest knows it at once', async (option, message) => {
    const server = await http();
    const guest = await Guest.start([...RESLIRP, option]);
    try {
      await guest.dhcp();
      await guest.sh('ip route replace default via 10.0.2.2 dev tap0');
      const done = await guest.run(['curl', '-s', '-S', `http://10.0.2.2:${server.port}/hello`]);
      expect(done.code).toBe(7);
      expect(done.err).toMatch(message);
      expect(done.took).toBeLessThan(2_000);
    } finally {
      await guest.stop();
      server.close();
    }
  });

  test('a host that has no network itself: unreachable at once', async () => {
    const guest = await Guest.start(['unshare', ...(process.getuid?.() === 0 ? [] : ['-r']), '-n', ...RESLIRP]);
    try {
      await guest.dhcp();
      const done = await guest.run(['curl', '-s', '-S', 'http://192.0.2.1/']);
      expect(done.code).toBe(7);
      expect(done.took).toBeLessThan(2_000);
    } finally {
      await guest.stop();
    }
  });

  test('the cable is pulled out while much is under way: an orderly end', async () => {
    const server = await http();
    const guest = await Guest.start([...RESLIRP, '-d']);
    try {
      await guest.dhcp();
      const download = guest.run([
        'curl',
        '-s',
        '-m',
        '2',
        '-o',
        '/dev/null',
        `http://10.0.2.2:${server.port}/blocks/100000`,
      ]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = performance.now();
      await guest.unplug();
      expect(performance.now() - before).toBeLessThan(1_500);
      expect(guest.messages).toMatch(/the guest has left/);
      await guest.stop();
      await download;
    } finally {
      server.close();
    }
  });
});
