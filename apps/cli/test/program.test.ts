// The built program as its users meet it: a child on pipes.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { finish, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ip4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ARP_REQUEST, needsBuild, onCable, PROGRAM, Reslirp } from './reslirp.ts';

const A_SECOND = 1_000;
/** A frame with IPv4 inside whose header sum is wrong. */
const BROKEN = onCable('52550a000202 525400123456 0800', '4500 0014 0000 0000 40 01 dead 0a000214 0a000202');

/** On the cable: a SYN from 10.0.2.20:1000 to a port of the gateway. */
function syn(port: number): Buffer {
  const b = new Uint8Array(40);
  Ip4.emit(b, 0, b.length, 0x0a000214, 0x0a000202, Ip4.Protocol.TCP, 64, 0, 1, 0);
  Tcp.emit(b, 20, 1_000, port, 1, 0, 20, Tcp.Flag.SYN, 65_535);
  Tcp.setSum(b, 20, finish(sum(b, 20, 40, pseudo4(0x0a000214, 0x0a000202, Ip4.Protocol.TCP, 20))));
  return onCable('52550a000202 525400123456 0800', Buffer.from(b).toString('hex'));
}

let started: Reslirp[] = [];
function start(...args: string[]): Reslirp {
  const reslirp = new Reslirp(...args);
  started.push(reslirp);
  return reslirp;
}

beforeAll(needsBuild);
afterEach(() => {
  for (const { child } of started) child.kill('SIGKILL');
  started = [];
});

describe('the cable', () => {
  it('carries an answer to ARP, and nothing else', async () => {
    const reslirp = start();
    await reslirp.serving();
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    expect(reslirp.said).toBe('');
    expect(reslirp.cable.toString('hex')).toBe(
      onCable(
        '525400123456 52550a000202 0806',
        '0001 0800 06 04 0002 52550a000202 0a000202 525400123456 0a000214',
      ).toString('hex'),
    );
  });

  it('answers what came with the end of file', () => {
    const { stdout, status } = spawnSync(process.execPath, [PROGRAM, '--no-ipv6'], { input: ARP_REQUEST });
    expect(status).toBe(0);
    expect(stdout).toHaveLength(ARP_REQUEST.length);
  });

  it('takes a stream apart that comes byte by byte', async () => {
    const reslirp = start();
    for (const byte of ARP_REQUEST) {
      reslirp.stdin.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await reslirp.until(() => reslirp.cable.length >= ARP_REQUEST.length, 'answered');
  });
});

describe('the end', () => {
  it('EOF: exit 0 within a second', async () => {
    const reslirp = start();
    await reslirp.serving();
    reslirp.ending().stdin.end();
    const { code, took } = await reslirp.ended;
    expect(code).toBe(0);
    expect(took).toBeLessThan(A_SECOND);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    '%s: exit 0 within a second',
    async (signal) => {
      const reslirp = start();
      await reslirp.serving();
      reslirp.ending().child.kill(signal);
      const { code, took } = await reslirp.ended;
      expect(code).toBe(0);
      expect(took).toBeLessThan(A_SECOND);
    },
  );

  it.skipIf(process.platform === 'win32')('SIGTERM is told once, as what it is', async () => {
    const reslirp = start('-d2');
    await reslirp.serving();
    reslirp.child.kill('SIGTERM');
    await reslirp.ended;
    expect(reslirp.lines.slice(1)).toEqual(['reslirp: info: SIGTERM: the network closes']);
  });

  it.skipIf(process.platform === 'win32')('SIGTERM with a guest that does not read: within a second', async () => {
    const reslirp = start();
    await reslirp.serving();
    reslirp.stdout.pause();
    const flood = Buffer.concat(new Array(20_000).fill(ARP_REQUEST));
    reslirp.stdin.write(flood);
    await new Promise((resolve) => setTimeout(resolve, 200));
    reslirp.ending().child.kill('SIGTERM');
    const exited = await new Promise((resolve) => reslirp.child.once('exit', resolve));
    expect(exited).toBe(0);
  });

  it('a guest that no longer reads its end: exit 1, one line', async () => {
    const reslirp = start();
    await reslirp.serving();
    reslirp.stdout.destroy();
    for (let i = 0; i < 50 && reslirp.child.exitCode === null; i++) {
      reslirp.stdin.write(ARP_REQUEST);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await reslirp.ended).toMatchObject({ code: 1 });
    expect(reslirp.lines).toEqual(['reslirp: error: cable broken: the other end is gone']);
  });

  it('a cable out of step: exit 1, one line that says where', async () => {
    const reslirp = start();
    reslirp.stdin.write(Buffer.concat([ARP_REQUEST, Buffer.from('fffe0102', 'hex')]));
    expect(await reslirp.ended).toMatchObject({ code: 1 });
    expect(reslirp.lines).toHaveLength(1);
    expect(reslirp.lines[0]).toMatch(/^reslirp: error: cable out of step: a length of 65534 at byte 62\b/);
    expect(reslirp.cable).toHaveLength(ARP_REQUEST.length); // what came before was answered
  });
});

describe.each(process.platform === 'linux' ? ['linux', 'node'] : ['node'])('frames as text, --host %s', (host) => {
  it('a block for each, in both directions, without colours on a pipe', async () => {
    const reslirp = start('--host', host, '-q', '-D', 'arp');
    await reslirp.serving();
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    expect(reslirp.said.replaceAll(/^\d\d:\d\d:\d\d\.\d{3}/gm, 'TIME')).toMatchInlineSnapshot(`
      "TIME from guest 60 bytes
        ARP (28): hw_type:1 (Ethernet) proto_type:0x0800 (IPv4) hw_size:6 proto_size:4 opcode:1 (request) sender_mac:52:54:00:12:34:56 sender_ip:10.0.2.20 target_mac:00:00:00:00:00:00 target_ip:10.0.2.2
      TIME to guest 42 bytes
        ARP (28): hw_type:1 (Ethernet) proto_type:0x0800 (IPv4) hw_size:6 proto_size:4 opcode:2 (reply) sender_mac:52:55:0a:00:02:02 sender_ip:10.0.2.2 target_mac:52:54:00:12:34:56 target_ip:10.0.2.20
      "
    `);
  });

  it('of the layers that were chosen', async () => {
    const reslirp = start('--host', host, '-Ddns', '--dump=ip');
    reslirp.stdin.write(syn(1));
    await reslirp.serving();
    await reslirp.until(() => reslirp.said.includes('RST'), 'refused');
    reslirp.stdin.end();
    await reslirp.ended;
    expect(reslirp.said).toContain('from guest 10.0.2.20:1000 > 10.0.2.2:1, 60 bytes\n  IPv4 (20): ');
    expect(reslirp.said).toContain('to guest 10.0.2.2:1 > 10.0.2.20:1000, 54 bytes\n  IPv4 (20): ');
    expect(reslirp.said).not.toContain('bad checksum');
    expect(reslirp.said).not.toContain('ETH');
  });

  it('a reader that sleeps loses frames, and is told how many; the guest loses none', async () => {
    const reslirp = start('--host', host, '-D', 'all');
    await reslirp.serving();
    reslirp.stderrPipe.pause();
    const count = 10_000;
    reslirp.stdin.write(Buffer.concat(Array.from({ length: count }, () => ARP_REQUEST)));
    await reslirp.until(() => reslirp.cable.length >= (count + 1) * ARP_REQUEST.length, 'answered all');
    reslirp.stderrPipe.resume();
    const told = /warn: \d+ messages were lost: nobody reads them\n/;
    await reslirp.until(() => {
      reslirp.stdin.write(ARP_REQUEST);
      return told.test(reslirp.said);
    }, 'said so');
  });
});

describe('a guest that sends garbage', () => {
  it('is served on, with one warning', async () => {
    const reslirp = start();
    for (let i = 0; i < 100; i++) reslirp.stdin.write(BROKEN);
    await reslirp.serving();
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    expect(reslirp.lines).toEqual([
      'reslirp: warn: the guest sends frames that are broken: IP4_CHECKSUM 100; -d3 tells more',
    ]);
  });

  it('is counted at -d3', async () => {
    const reslirp = start('-d3');
    for (let i = 0; i < 100; i++) reslirp.stdin.write(BROKEN);
    await reslirp.serving();
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    expect(reslirp.said).toMatch(/^reslirp: debug: dropped: IP4_CHECKSUM \d+$/m);
    expect(reslirp.said).toMatch(/^reslirp: debug: stack: framesIn 101, .*IP4_CHECKSUM 100$/m);
  });

  it('cannot end it with random bytes in proper frames', async () => {
    const reslirp = start('-q');
    let state = 20;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    for (let i = 0; i < 2_000; i++) {
      const body = Array.from({ length: 14 + (random() % 200) }, random);
      reslirp.stdin.write(onCable(Buffer.from(body).toString('hex')));
    }
    reslirp.stdin.write(ARP_REQUEST);
    await reslirp.until(() => reslirp.cable.includes(Buffer.from('52550a000202', 'hex')), 'answered');
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
  });
});

describe('stderr', () => {
  it('that nobody reads does not end the network', async () => {
    const reslirp = start('-d4');
    reslirp.stderrPipe.destroy();
    for (let i = 0; i < 20; i++) reslirp.stdin.write(BROKEN);
    await reslirp.serving();
    reslirp.stdin.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
  });

  it.skipIf(process.platform === 'win32')('that was closed does not either', () => {
    const { stdout, status } = spawnSync('sh', ['-c', `"$0" "$1" --no-ipv6 -d4 2>&-`, process.execPath, PROGRAM], {
      input: ARP_REQUEST,
    });
    expect(status).toBe(0);
    expect(stdout).toHaveLength(ARP_REQUEST.length);
  });

  it('is silent at -q', async () => {
    const reslirp = start('-q');
    reslirp.stdin.write(Buffer.from('ffff', 'hex'));
    expect(await reslirp.ended).toMatchObject({ code: 1 });
    expect(reslirp.said).toBe('');
  });

  it('-d tells the network, and that the guest left', async () => {
    const reslirp = start('-d', '-n', '10.9.0.0/16');
    reslirp.stdin.end();
    await reslirp.ended;
    expect(reslirp.lines[0]).toMatch(
      /^reslirp: info: network 10\.9\.0\.0\/16, gateway 10\.9\.0\.2, nameserver 10\.9\.0\.3 /,
    );
    expect(reslirp.lines[1]).toBe('reslirp: info: the guest has left');
  });
});

describe('flows', () => {
  it.each([
    ['-d3', ['debug: tcp 10.0.2.20:1000 > 10.0.2.2:1: not opened']],
    [
      '-d4',
      [
        'trace: tcp 10.0.2.20:1000 > 10.0.2.2:1: CLOSED > HOST-CONNECTING',
        'trace: tcp 10.0.2.20:1000 > 10.0.2.2:1: HOST-CONNECTING > CLOSED',
      ],
    ],
  ])('are told at %s', async (level, lines) => {
    const reslirp = start(level);
    await reslirp.serving();
    reslirp.stdin.write(syn(1)); // tcpmux: nobody serves it
    await reslirp.until(() => reslirp.lines.some((line) => line.endsWith(lines.at(-1)!)), 'refused');
    expect(reslirp.lines.filter((line) => line.includes(' tcp '))).toEqual(lines.map((line) => `reslirp: ${line}`));
  });
});

describe('idle', () => {
  it.runIf(process.platform === 'linux')('it uses no CPU', async () => {
    const reslirp = start();
    await reslirp.serving();
    const ticks = (): number => {
      const fields = readFileSync(`/proc/${reslirp.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return Number(fields[11]) + Number(fields[12]); // proc(5): utime, stime, in hundredths of a second
    };
    await new Promise((resolve) => setTimeout(resolve, 300)); // the end of its start
    const before = ticks();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(ticks() - before).toBeLessThanOrEqual(2);
  });
});

describe('instead of a network', () => {
  const run = (...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [PROGRAM, ...args], { input: '', encoding: 'utf8' });

  it.each(['--help', '-?'])('%s', (option) => {
    const { status, stdout, stderr } = run(option);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: reslirp /);
  });

  it('--version is that of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(run('--version')).toMatchObject({ status: 0, stdout: `reslirp ${version}\n` });
  });

  it.each([
    [['--frobnicate'], 'reslirp: --frobnicate: there is no such option; --help lists them all\n'],
    [['-h'], /^reslirp: --vhost: has no value: it needs an IPv4 address .*\n$/],
    [['-n', '10.0.2.300'], /^reslirp: --vnetwork: '10\.0\.2\.300' is not an IPv4 network such as .*\n$/],
    [['-t', '67'], "reslirp: --if-mtu: '67' is not a number from 68 to 65521\n"],
  ] as const)('%s: exit 2, one line', (args, line) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(String(stderr).trimEnd()).not.toContain('\n');
  });

  it.skipIf(process.platform === 'win32')('--help into a pipe that closes', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `{ "$0" "$1" --help; echo $? >&2; } | :`, process.execPath, PROGRAM],
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^\d\n$/);
  });
});

it("the README's program runs", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, program = 'throw 1'] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const cwd = fileURLToPath(new URL('..', import.meta.url)); // the package finds itself by its name
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
