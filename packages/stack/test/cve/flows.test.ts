// What brought down libslirp's connections: one that goes while something of it waits to leave.
import { expect, test } from 'vitest';
import { Refusal } from '../../src/host.ts';
import { arp, Rig, tcp } from '../rig.ts';
import { attack, leaks } from './attack.ts';

const SYN = 2;
const RST = 4;
const SERVER = '192.0.2.1:80';

/** A flow from port 1000 whose SYN-ACK waits, for the link is full. */
function waiting(limits = {}): Rig {
  const rig = new Rig({ limits });
  attack(rig, arp());
  attack(rig, tcp('10.0.2.15:1000', SERVER, SYN, 1));
  rig.link.room = 0;
  rig.host.tcpEvents[0]!.opened(rig.now);
  rig.stack.flush(rig.now);
  rig.frames();
  return rig;
}

/** Another flow takes the place of the first, and there is room again: what leaves belongs to the second. */
function mustSpeakOfTheSecond(rig: Rig): void {
  attack(rig, tcp('10.0.2.15:1001', SERVER, SYN, 1));
  rig.link.room = Infinity;
  rig.host.tcpEvents.at(-1)!.opened(rig.now);
  rig.stack.flush(rig.now);
  rig.after(60_000).stack.flush(rig.now);
  const ports = rig.frames().map(({ bytes }) => (bytes[36]! << 8) | bytes[37]!);
  expect(ports.length).toBeGreaterThan(0);
  expect([new Set(ports), leaks(rig)]).toEqual([new Set([1_001]), 0]);
  rig.stack.close(rig.now);
  expect(rig.stack.deadline()).toBe(Infinity);
}

// sofree() left packets in the queue that led to the socket it had freed
test.each<[string, (rig: Rig) => void]>([
  ['the guest resets it', (rig) => attack(rig, tcp('10.0.2.15:1000', SERVER, RST, 2))],
  ['the host loses it', (rig) => rig.host.tcpEvents[0]!.failed(Refusal.RESET, rig.now)],
])('CVE-2017-13711: a connection goes while its segment waits: %s', (_how, end) => {
  const rig = waiting();
  end(rig);
  expect(rig.count('tcpFlows')).toBe(0);
  mustSpeakOfTheSecond(rig);
});

test('CVE-2017-13711: a connection goes while its segment waits: a newer one has its place', () => {
  const rig = waiting({ tcpFlows: 1 });
  mustSpeakOfTheSecond(rig);
  expect(rig.host.aborted).toContain(0);
});
