// 10⁵ connections opened and closed through the program, each of them in one of every way there is; then rest. What is there then
// must be what was there before: descriptors, flows, buffers. Memory is shown, after each tenth of them and in the end. The first
// ones are not counted, for they bring what stays: code, pools.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Guest, RESLIRP } from '@reslirp/e2e/guest.ts';
import { missing } from '@reslirp/e2e/tools.ts';
import { expect, test } from 'vitest';
import { table } from './table.js';

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 100_000);
const WARM_UP = 3_000;
const AT_ONCE = 50;
const PARTS = 10;
/** TIME-WAIT is over, and so is a mapping of DNS. */
const REST = 15_000;
const PROBE = fileURLToPath(new URL('heap-probe.js', import.meta.url));
const CHURN = fileURLToPath(new URL('churn.js', import.meta.url));
const HOSTS = ['linux', 'node'] as const;
const HEAD = ['connections', 'descriptors', 'flows', 'ring bytes', 'RSS MiB', 'heap MiB (main thread)'];

interface State {
  readonly descriptors: number;
  readonly flows: number;
  readonly ringBytes: number;
  readonly rss: number;
  readonly heap: number;
}

/** Ends as it is asked to by the first byte, which it sends back. */
function serve(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => (String(bytes) === 'f' ? socket.end(bytes) : socket.write(bytes)));
    socket.on('end', () => socket.end());
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', 1_024, () => resolve(server)));
}

async function look(guest: Guest): Promise<State> {
  const pid = guest.programPid;
  const before = guest.messages.length;
  process.kill(pid, 'SIGUSR1');
  process.kill(pid, 'SIGUSR2');
  const told = (): string => guest.messages.slice(before);
  for (let i = 0; !/^stack: .*$/m.test(told()) || !/^heap \d+$/m.test(told()); i++) {
    if (i === 1_000) throw new Error(`the program does not answer: ${told()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const number = (pattern: RegExp): number => Number(pattern.exec(told())?.[1] ?? 0);
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    flows: number(/^flows (\d+)/m),
    ringBytes: number(/tcpRingBytes (\d+)/),
    rss: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024,
    heap: number(/^heap (\d+)$/m),
  };
}

function row(name: string, { descriptors, flows, ringBytes, rss, heap }: State): string[] {
  const mib = (n: number): string => (n / 2 ** 20).toFixed(1);
  return [name, String(descriptors), String(flows), String(ringBytes), mib(rss), mib(heap)];
}

const why = missing();

test.skipIf(why !== null).each(HOSTS)('soak, --host %s', async (host) => {
  const server = await serve();
  const { port } = server.address() as { port: number };
  const [node = '', cli = ''] = RESLIRP;
  const guest = await Guest.start([node, '--expose-gc', '--import', PROBE, cli, '--host', host]);
  try {
    await guest.dhcp();
    const churn = async (count: number): Promise<void> => {
      const { out, err } = await guest.run(
        [node, CHURN, '10.0.2.2', String(port), String(count), String(AT_ONCE)],
        600_000,
      );
      expect(out.trim(), err).toBe(String(count));
    };
    const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, REST));
    await churn(WARM_UP);
    await rest();
    const before = await look(guest);
    const rows = [HEAD, row('before', before)];
    for (let part = 1; part <= PARTS; part++) {
      await churn(CONNECTIONS / PARTS);
      rows.push(row(String((CONNECTIONS / PARTS) * part), await look(guest)));
    }
    await rest();
    const after = await look(guest);
    console.log(`--host ${host}\n${table([...rows, row('after', after)])}`);
    const { descriptors, flows, ringBytes } = before;
    expect(after).toMatchObject({ descriptors, flows, ringBytes });
  } finally {
    await guest.stop();
    server.close();
  }
});
