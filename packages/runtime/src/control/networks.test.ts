import { describe, expect, it } from 'vitest';
import type { ForwardAnswer } from '../forwards.ts';
import type { Counters } from '../snapshot.ts';
import type { Inquiry, Reply } from './inquiry.ts';
import { type Carrier, type GuestPort, Networks, type Wanted } from './networks.ts';

/** Carries nothing. */
class FakeCarrier implements Carrier {
  /** Numbers of forwards that are there. */
  readonly open: Set<number> = new Set();
  readonly asked: Inquiry[] = [];
  /** The port that is not to be had. */
  taken: number = -1;
  reply: Reply | null = null;
  counters: Record<string, Counters> = { stack: { framesIn: 3, tcpFlows: 2 } };
  #over: (counters: Record<string, Counters>) => void = () => {};

  async forward(id: number, { host }: Parameters<Carrier['forward']>[1]): Promise<ForwardAnswer> {
    if (!('path' in host) && host.port === this.taken) return { error: 'it is in use', port: 0 };
    this.open.add(id);
    return { error: null, port: 'path' in host ? 0 : host.port || 40_000 };
  }

  async guestForward(id: number): Promise<ForwardAnswer> {
    this.open.add(id);
    return { error: null, port: 0 };
  }

  async unforward(id: number): Promise<void> {
    this.open.delete(id);
  }

  async inquire<K extends Inquiry['kind']>(inquiry: Extract<Inquiry, { kind: K }>): Promise<Reply<K>> {
    this.asked.push(inquiry);
    if (inquiry.kind === 'counters') return { counters: this.counters } as Reply<K>;
    return this.reply as Reply<K>;
  }

  onClose(listener: (counters: Record<string, Counters>) => void): void {
    this.#over = listener;
  }

  end(): void {
    this.#over(this.counters);
  }
}

const PAGE = { after: null, limit: 100 };
const guest = (id: number): GuestPort => ({ id, name: `unix ${id}`, since: new Date(0), port: null });

function rig(count: number): { networks: Networks; carriers: FakeCarrier[] } {
  const network = {
    network: '10.0.2.0/24',
    gateway: '10.0.2.2',
    nameserver: '10.0.2.3',
    mtu: 1500,
    mru: 1500,
    restricted: false,
    hostLoopback: true,
  };
  const networks = new Networks({ network }, { guest: '10.0.2.20', inner: '10.0.2.4' });
  const carriers = Array.from({ length: count }, (_, i) => {
    const carrier = new FakeCarrier();
    networks.begin(carrier, () => [guest(i + 1)]);
    return carrier;
  });
  return { networks, carriers };
}

const hostfwd = (port: number): Wanted => ({
  kind: 'hostfwd',
  protocol: 'tcp',
  host: { address: '127.0.0.1', port },
  guest: { address: null, port: 80 },
});

describe('forwards', () => {
  it('lead to the first guest and to what is for that, where nothing else is said', async () => {
    const { networks } = rig(1);
    const to = { path: '/run/x' };
    const made = await networks.forward(null, [hostfwd(0), { kind: 'guestfwd', at: { address: null, port: 7 }, to }]);
    expect(made).toEqual([
      {
        kind: 'hostfwd',
        id: 1,
        network: 1,
        by: 'api',
        protocol: 'tcp',
        host: { address: '127.0.0.1', port: 40_000 },
        guest: { address: '10.0.2.20', port: 80 },
      },
      { kind: 'guestfwd', id: 2, network: 1, by: 'api', at: { address: '10.0.2.4', port: 7 }, to },
    ]);
  });

  it('are made together or not at all, and numbers are not used again', async () => {
    const { networks, carriers } = rig(1);
    carriers[0]!.taken = 82;
    expect(await networks.forward(null, [80, 81, 82, 83].map(hostfwd))).toEqual({
      refused: 'conflict',
      why: 'it is in use',
    });
    expect([[...carriers[0]!.open], networks.counts.forwards]).toEqual([[], 0]);
    expect(await networks.forward(null, [hostfwd(90)])).toMatchObject([{ id: 4 }]);
    expect(await networks.unforward(4)).toBeNull();
    expect(await networks.unforward(4)).toMatchObject({ refused: 'unknown' });
    expect([...carriers[0]!.open]).toEqual([]);
  });

  it('of several networks: which one has to be said, and numbers are of all', async () => {
    const { networks, carriers } = rig(2);
    expect(await networks.forward(null, [hostfwd(80)])).toMatchObject({ refused: 'conflict' });
    expect(await networks.forward(3, [hostfwd(80)])).toMatchObject({ refused: 'unknown' });
    expect(await networks.forward(2, [hostfwd(80)])).toMatchObject([{ id: 1, network: 2 }]);
    expect(await networks.forward(1, [hostfwd(80)])).toMatchObject([{ id: 2, network: 1 }]);
    expect(carriers.map(({ open }) => [...open])).toEqual([[2], [1]]);
    expect((await networks.forwards(null, PAGE)).items.map(({ id }) => id)).toEqual([2, 1]);
    expect((await networks.forwards(2, PAGE)).items.map(({ id }) => id)).toEqual([1]);
  });

  it('there is no network: it is said', async () => {
    const { networks } = rig(0);
    expect(await networks.forward(null, [hostfwd(80)])).toMatchObject({
      refused: 'conflict',
      why: /no guest is there/,
    });
    expect(await networks.setName(null, 'a', [])).toMatchObject({ refused: 'conflict' });
  });

  it('what the command line has made is listed and goes like any other, a command too', async () => {
    const { networks } = rig(0);
    const carrier = new FakeCarrier();
    const { forwards } = networks.begin(carrier, () => []);
    let removed = 0;
    await forwards.add({
      kind: 'guestfwd',
      by: 'option',
      request: { at: { address: '10.0.2.4', port: 7 }, to: { path: '/tmp/x' } },
      command: 'cat',
      removed: () => removed++,
    });
    expect((await networks.forwards(null, PAGE)).items).toMatchObject([{ by: 'option', to: { command: 'cat' } }]);
    await networks.unforward(1);
    expect([removed, carrier.open.size]).toEqual([1, 0]);
  });
});

describe('networks', () => {
  it('what the process counts beside them is in the counters of all, and in those of no network', async () => {
    const { networks } = rig(1);
    networks.count('relay', () => ({ returned: 3, waiting: 1 }));
    expect(await networks.totals(null)).toMatchObject({
      counters: { relay: { returned: 3 } },
      gauges: { relay: { waiting: 1 } },
    });
    expect((await networks.totals(1)).counters['relay']).toBeUndefined();
  });

  it('that are over have no guests, and their counters stay: gauges do not', async () => {
    const { networks, carriers } = rig(2);
    const before = await networks.totals(null);
    expect(before).toEqual({ counters: { stack: { framesIn: 6 } }, gauges: { stack: { tcpFlows: 4 } } });
    carriers[0]!.end();
    expect(networks.counts).toEqual({ networks: 1, guests: 1, forwards: 0 });
    expect(await networks.totals(null)).toEqual({ counters: before.counters, gauges: { stack: { tcpFlows: 2 } } });
    expect(await networks.totals(2)).toMatchObject({ counters: { stack: { framesIn: 3 } } });
    carriers[1]!.end();
    expect(await networks.totals(null)).toEqual({ counters: before.counters, gauges: {} });
    expect((await networks.networks(PAGE)).items).toEqual([]);
  });

  it('a flow is ended in its own', async () => {
    const { networks, carriers } = rig(2);
    expect(await networks.endFlow('2-tcp-1-5')).toBeNull();
    expect(carriers.map(({ asked }) => asked)).toEqual([[], [{ kind: 'endFlow', id: 'tcp-1-5' }]]);
    for (const id of ['', '3-tcp-1-5', 'tcp-1-5', '-tcp']) {
      expect(await networks.endFlow(id)).toMatchObject({ refused: 'unknown' });
    }
  });

  it('a guest on a switch has what is behind its port, and one by itself has all', async () => {
    const { networks, carriers } = rig(1);
    const heard = [1, 2].map((n) => ({ address: `10.0.2.2${n}`, mac: `52:54:00:00:00:0${n}`, idle: 1.7 }));
    carriers[0]!.reply = { neighbours: heard };
    const [alone] = (await networks.guests(null, PAGE)).items;
    expect([alone!.macs.length, alone!.addresses.length, alone!.counters['framesIn']]).toEqual([2, 2, 3]);
    const shared = new FakeCarrier();
    shared.reply = { neighbours: heard };
    const ports = heard.map(({ mac }, i) => {
      return { ...guest(i + 2), port: { macs: () => [mac], counters: { framesIn: i } } };
    });
    networks.begin(shared, () => ports);
    const { items } = await networks.guests(2, PAGE);
    expect(items.map(({ id, addresses, counters }) => [id, addresses, counters])).toEqual([
      [2, [{ ...heard[0], idle: 2 }], { framesIn: 0 }],
      [3, [{ ...heard[1], idle: 2 }], { framesIn: 1 }],
    ]);
  });
});
