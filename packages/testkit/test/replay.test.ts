import * as Arp from '@reslirp/wire/arp';
import * as Ether from '@reslirp/wire/ether';
import { expect, test } from 'vitest';
import { replay } from '../src/index.ts';

test('a recorded ARP request is answered, at its time, by the gateway', () => {
  const frame = new Uint8Array(60);
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  Ether.emit(frame, 0, new Uint8Array(6).fill(255), 0, mac, 0, Ether.Type.ARP);
  Arp.emit(frame, Ether.HEADER, Arp.Op.REQUEST, mac, 0, 0x0a00020f, new Uint8Array(6), 0, 0x0a000202);
  const answers = replay({ network: '10.0.2.0/24' }, [{ at: 25, frame }], 1_000);
  expect(answers.map(({ at, frame: b }) => [at, Arp.op(b, Ether.HEADER), Arp.spa(b, Ether.HEADER)])).toEqual([
    [25, Arp.Op.REPLY, 0x0a000202],
  ]);
});
