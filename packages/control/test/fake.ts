// Networks that are not there: what a client is shown, and what it has asked for.
import type { Controlled, FlowInfo, ForwardInfo, ForwardOrder, Page, Paging, Refused } from '../src/controlled.ts';

const SINCE = '2026-01-31T12:00:00.000Z';

function page<T>(items: readonly T[], { after, limit }: Paging): Page<T> {
  const from = after === null ? 0 : Number(after.split(':')[1]);
  const some = items.slice(from, from + limit);
  return { items: some, next: from + some.length < items.length ? `1:${from + some.length}` : null };
}

export class FakeNetworks implements Controlled {
  readonly asked: unknown[] = [];
  /** What the next change is told. */
  refusal: Refused | null = null;
  /** Thrown by totals(). */
  fault: Error | null = null;
  counted: number = 0;
  readonly all: ForwardInfo[] = [
    {
      kind: 'hostfwd',
      id: 1,
      network: 1,
      by: 'option',
      protocol: 'tcp',
      host: { path: '/run/ssh' },
      guest: { address: '10.0.2.20', port: 22 },
    },
    { kind: 'guestfwd', id: 2, network: 1, by: 'option', at: { address: '10.0.2.4', port: 7 }, to: { command: 'cat' } },
  ];
  flowCount: number = 3;

  get counts(): Controlled['counts'] {
    return { networks: 1, guests: 2, forwards: this.all.length };
  }

  networks: Controlled['networks'] = async (paging) =>
    page(
      [
        {
          id: 1,
          network4: '10.0.2.0/24',
          network6: null,
          gateway: '10.0.2.2',
          nameserver: '10.0.2.3',
          guests: 2,
          forwards: 2,
          since: SINCE,
        },
      ],
      paging,
    );

  guests: Controlled['guests'] = async (network, paging) => {
    this.asked.push({ guests: network });
    const addresses = [{ address: '10.0.2.20', mac: '52:54:00:00:00:01', idle: 17 }];
    const guest = { network: 1, since: SINCE, macs: ['52:54:00:00:00:01'], addresses, counters: { framesIn: 1 } };
    return page(
      [1, 2].map((id) => ({ ...guest, id, name: `unix ${id}` })),
      paging,
    );
  };

  forwards: Controlled['forwards'] = async (_, paging) => page(this.all, paging);

  forward: Controlled['forward'] = async (network, orders) => {
    this.asked.push({ network, orders });
    return this.refusal ?? orders.map((order, i) => made(order, 10 + i));
  };

  unforward: Controlled['unforward'] = async (id) => this.#change({ unforward: id });

  leases: Controlled['leases'] = async (_, paging) =>
    page(
      [
        {
          network: 1,
          family: 4,
          address: '10.0.2.20',
          mac: '52:54:00:00:00:01',
          client: '01525400000001',
          name: 'vm',
          state: 'bound',
          expires: SINCE,
        },
        {
          network: 1,
          family: 6,
          address: 'fd00::1000',
          mac: null,
          client: '0003/00000001',
          name: null,
          state: 'expired',
          expires: null,
        },
      ],
      paging,
    );

  names: Controlled['names'] = async (_, paging) =>
    page([{ network: 1, name: 'host.reslirp.internal', addresses: ['10.0.2.2'], by: 'network' }], paging);

  setName: Controlled['setName'] = async (...given) => this.#change({ setName: given });
  removeName: Controlled['removeName'] = async (...given) => this.#change({ removeName: given });

  forgetAnswers: Controlled['forgetAnswers'] = async (network) => {
    this.asked.push({ forgetAnswers: network });
    return this.refusal ?? { forgotten: 12 };
  };

  flows: Controlled['flows'] = async (filter, paging) => {
    this.asked.push({ flows: filter });
    return page(
      Array.from({ length: this.flowCount }, (_, i) => flow(i)),
      paging,
    );
  };

  endFlow: Controlled['endFlow'] = async (id) => this.#change({ endFlow: id });

  totals: Controlled['totals'] = async () => {
    this.counted++;
    if (this.fault !== null) throw this.fault;
    return {
      counters: { stack: { framesIn: 5, framesOut: 6, tcpOpened: 1, ARP_MALFORMED: 2 }, dns: { cacheHits: 1 } },
      gauges: { stack: { tcpFlows: 1, udpFlows: 2, tcpRingBytes: 65_536 } },
    };
  };

  #change(asked: unknown): null | Refused {
    this.asked.push(asked);
    return this.refusal;
  }
}

function made(order: ForwardOrder, id: number): ForwardInfo {
  if (order.kind === 'guestfwd') {
    return {
      ...order,
      at: { port: order.at.port, address: order.at.address ?? '10.0.2.4' },
      id,
      network: 1,
      by: 'api',
    };
  }
  const guest = { port: order.guest.port, address: order.guest.address ?? '10.0.2.20' };
  const { host } = order;
  const found = 'path' in host ? host : { ...host, port: host.port === 0 ? 40_000 : host.port };
  return { ...order, host: found, guest, id, network: 1, by: 'api' };
}

function flow(i: number): FlowInfo {
  return {
    id: `1-tcp-${i}-${i}`,
    network: 1,
    protocol: 'tcp',
    guest: `10.0.2.20:${40_000 + i}`,
    remote: i === 0 ? null : '192.0.2.1:80',
    state: 'ESTABLISHED',
    bytesUp: 1,
    bytesDown: 2,
    age: 3,
    idle: 0,
  };
}
