// A whole stack with all its services, and what can happen to it: what a guest sends, a host does, and a user asks for.
import { dhcp4Server, dhcp6Server, dnsServer, ncsiResponder, tftpServer } from '@reslirp/services';
import { type Config, ConfigError, type Forward, type ForwardSpec, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import fc from 'fast-check';
import { expect } from 'vitest';
import { applicationGateways } from '../../../gateways/src/index.ts';
import { MemoryFiles } from '../../../services/test/tftp-client.ts';
import { createStack } from '../../../stack/src/index.ts';
import { endpoint, RecordingLink, seeded } from '../../../stack/test/rig.ts';
import { type Answer, answer, answers } from './answers.ts';
import { type Sending, sendings } from './frames.ts';
import { FuzzHost, type Happening } from './host.ts';
import { lines } from './services.ts';

const LIMITS = { tcpFlows: 3, udpFlows: 3, neighbours: 4, reassemblies: 3, reassemblyBytes: 20_000 };
const MOST_LEASES = 4;
const MOST_TRANSFERS = 2;
const MOST_PENDING = 3;
const MOST_ECHOES = 64;

const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom(
    ...([
      'open',
      'open',
      'refuse',
      'data',
      'data',
      'line',
      'echo',
      'echo',
      'end',
      'stall',
      'room',
      'fail',
      'datagram',
      'undeliverable',
      'visit',
    ] as const),
  ),
  which: fc.nat(20),
  size: fc.constantFrom(0, 1, 100, 1_472, 5_000, 60_000),
  why: fc.constantFrom(...([0, 1, 2, 3, 4, 5, 6] as const)),
  port: fc.constantFrom(0, 7, 53, 4_000),
  line: lines,
});
type Call =
  | 'flush'
  | 'full'
  | 'room'
  | 'flows'
  | 'forward tcp'
  | 'forward udp'
  | 'forward path'
  | 'forward tcp6'
  | 'forward udp6'
  | 'forward ftp'
  | 'guest forward'
  | 'unforward'
  | 'unforward first'
  | 'spurious poll';
type Step = Sending[] | Answer | Happening | Call | number;
const call = fc.constantFrom<Call>(
  'flush',
  'flush',
  'full',
  'room',
  'flows',
  'forward tcp',
  'forward udp',
  'forward path',
  'forward tcp6',
  'forward udp6',
  'forward ftp',
  'guest forward',
  'unforward',
  'unforward first',
  'spurious poll',
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: sendings },
  { weight: 3, arbitrary: answers },
  { weight: 4, arbitrary: happening },
  { weight: 2, arbitrary: call },
  { weight: 1, arbitrary: fc.constantFrom(1, 40, 300, 1_500, 40_000, 700_000, 7_500_000) },
);

/** What a machine is like. */
export interface Setup {
  readonly config: Partial<Config>;
  readonly gateways: boolean;
}

export const setups: fc.Arbitrary<Setup> = fc.record({
  gateways: fc.boolean(),
  config: fc.constantFrom<Partial<Config>>(
    {},
    {},
    {},
    { mtu: 1_280, mru: 576 },
    { restricted: true },
    { hostLoopback: false, advertise: { managed: true, other: true, searchList: ['a.example'] } },
    {
      rules: [
        { action: 'deny', protocol: 'tcp', to: '192.0.2.0/24', ports: [1, 20] },
        { action: 'deny', to: 'private' },
      ],
    },
    {
      rules: [
        { action: 'allow', protocol: 'udp', to: 'any' },
        { action: 'deny', to: 'any' },
      ],
    },
    { ipv4: false },
    { limits: { ...LIMITS, tcpBuffer: 1 << 14, tcpMemory: 0 } },
    { timeouts: { tcpKeepalive: 10_000, tcpKeepaliveProbes: 1, tcpTimeWait: 1_000, tcpFinWait2: 1_000, udp: 1_000 } },
  ),
});

/** What happens to a machine, from its first moment to its last. */
export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 60, size: 'max' });

export class Machine {
  readonly link: RecordingLink = new RecordingLink(1_500);
  readonly host: FuzzHost = new FuzzHost();
  readonly files: MemoryFiles = new MemoryFiles();
  readonly stack: Stack;
  readonly #dhcp = dhcp4Server({ maxLeases: MOST_LEASES });
  readonly #dns = dnsServer({ upstreams: () => [endpoint('192.0.2.53:53')], maxPending: MOST_PENDING });
  readonly #tftp = tftpServer({ files: this.files, maxTransfers: MOST_TRANSFERS });
  readonly #forwards: Forward[] = [];
  #now: number = 1_000;
  #count: number = 0;

  constructor({ config: own, gateways }: Setup = { config: {}, gateways: false }) {
    this.files.contents.set('boot', new Uint8Array(3_000).fill(0x63));
    const services = [this.#dhcp, dhcp6Server(), this.#dns, this.#tftp, ncsiResponder()];
    const config = { network: '10.0.2.0/24', network6: 'fd00::/64', limits: LIMITS, ...own };
    const { link, host } = this;
    const readers = gateways ? { gateways: applicationGateways() } : {};
    this.stack = createStack(config, { link, host, random: seeded(7), services, ...readers });
  }

  do(one: Step): void {
    if (typeof one === 'number') this.#wait(one);
    else if (typeof one === 'string') this.#call(one);
    else if (Array.isArray(one)) for (const sending of one) this.#send(sending);
    else if ('answers' in one) this.#answer(one);
    else this.host.happen(one, this.#now);
  }

  mustBeWithinCaps(): void {
    const stats = this.stack.stats();
    for (const [name, most] of Object.entries(LIMITS)) {
      const versions = name.startsWith('reassembl') ? 2 : 1; // each has its own
      expect(stats[name], name).toBeLessThanOrEqual(most * versions);
    }
    expect(stats['echoFlows']).toBeLessThanOrEqual(MOST_ECHOES);
    expect(this.#tftp.stats()['transfers']).toBeLessThanOrEqual(MOST_TRANSFERS);
    expect(this.files.opened).toBeLessThanOrEqual(MOST_TRANSFERS);
    expect(this.#dhcp.leases().length).toBeLessThanOrEqual(MOST_LEASES);
  }

  close(): void {
    this.link.room = Infinity;
    this.stack.close(this.#now);
    this.stack.close(this.#now);
    const { tcpFlows, tcpRingBytes, udpFlows, echoFlows } = this.stack.stats();
    expect({ tcpFlows, tcpRingBytes, udpFlows, echoFlows }).toEqual({
      tcpFlows: 0,
      tcpRingBytes: 0,
      udpFlows: 0,
      echoFlows: 0,
    });
    expect([this.host.open, this.files.opened, this.stack.deadline()]).toEqual([0, 0, Infinity]);
    const said = this.link.sent.length;
    this.#send({ frame: new Uint8Array(60), trusted: false });
    this.#wait(700_000);
    expect(this.link.sent.length).toBe(said);
  }

  #send({ frame, trusted }: Sending): void {
    const lent = new Uint8Array(frame.length + 16).fill(0xdb);
    lent.set(frame, 5);
    this.stack.input(lent, 5, 5 + frame.length, trusted, this.#now);
    lent.fill(0xdb);
  }

  #answer(how: Answer): void {
    const last = this.link.sent.findLast(({ bytes }) => answer(bytes, how) !== null);
    if (last !== undefined) this.#send({ frame: answer(last.bytes, how)!, trusted: false });
  }

  /** As a driver does: whenever something is due, at its time. */
  #wait(ms: number): void {
    const until = this.#now + ms;
    for (let polls = 0; this.stack.deadline() <= until; polls++) {
      if (polls > 20_000) throw new Error('its deadline never moves');
      this.#now = Math.max(this.#now, this.stack.deadline());
      this.stack.poll(this.#now);
      this.stack.flush(this.#now);
    }
    this.#now = until;
  }

  #call(what: Call): void {
    if (what === 'flush') this.stack.flush(this.#now);
    else if (what === 'full') this.link.room = 0;
    else if (what === 'room') this.link.room = Infinity;
    else if (what === 'flows') this.stack.flows(this.#now);
    else if (what === 'spurious poll') this.stack.poll(this.#now);
    else if (what === 'unforward') this.#forwards.pop()?.close();
    else if (what === 'unforward first') this.#forwards.shift()?.close();
    else this.#forward(what);
  }

  #forward(what: Call): void {
    const n = this.#count++;
    try {
      this.#forwards.push(
        what === 'guest forward'
          ? this.stack.guestForward({ at: endpoint(`10.0.2.100:${80 + (n % 3)}`), to: Endpoint.of4(0x7f00_0001, 80) })
          : this.stack.forward(specOf(what, n), { bound: () => {}, unbound: () => {} }),
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error; // the same place twice
    }
  }
}

/** The `n`-th forward of its kind. */
function specOf(what: Call, n: number): ForwardSpec {
  const is6 = what.endsWith('6');
  const port = what === 'forward ftp' ? 21 : 8_000 + n;
  const guest = Endpoint.parse(is6 ? 'fd00::15' : '10.0.2.15', port)!;
  const protocol = what.startsWith('forward udp') ? 'udp' : 'tcp';
  const host = what === 'forward path' ? { path: `/run/${n}` } : Endpoint.of4(0x7f00_0001, 9_000 + n);
  return { protocol, host, guest };
}
