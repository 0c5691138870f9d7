import { describe, expect, test } from 'vitest';
import { endpoint, Rig } from './rig.ts';

const IRC = { guest: '10.0.2.20:40000', remote: '192.0.2.9:6667', near: '198.51.100.4:5000', far: '192.0.2.9:6667' };
const IRC_HERE = { ...IRC, remote: '10.0.2.2:6667', near: '127.0.0.1:5000', far: '127.0.0.1:6667' };
const dcc = (what: string): string => `PRIVMSG you :\x01DCC ${what}\x01\r\n`;
/** 10.0.2.20, 198.51.100.4 and 127.0.0.1 as DCC says them. */
const GUEST = 167_772_692;
const HOST = 3_325_256_708;
const LOOPBACK = 2_130_706_433;

describe('IRC DCC', () => {
  test.each([
    [`CHAT chat ${GUEST} 40001`, `CHAT chat ${HOST} 60000`],
    [`SEND a.txt ${GUEST} 40001 99`, `SEND a.txt ${HOST} 60000 99`],
    [`SEND "a b.txt" ${GUEST} 40001 99 7`, `SEND "a b.txt" ${HOST} 60000 99 7`],
    ['SEND a.txt 10.0.2.20 40001', 'SEND a.txt 198.51.100.4 60000'],
  ])('the guest offers %s', (said, heard) => {
    const r = new Rig(IRC);
    r.up(dcc(said));
    r.bind('198.51.100.4:60000');
    expect(r.far.log).toBe(dcc(heard));
    r.visit('203.0.113.77:5');
    r.visit('203.0.113.78:5');
    expect([r.called, r.acceptors[0]!.open]).toEqual([['203.0.113.77:5 > 10.0.2.20:40001'], false]);
  });

  test('what is about an offer names its port: the host port outside, the guest port inside', () => {
    const r = new Rig(IRC);
    r.up(dcc(`SEND a.txt ${GUEST} 40001 99`));
    r.bind('198.51.100.4:60000');
    r.far.log = '';
    expect(r.down(`:you!y@h ${dcc('RESUME a.txt 60000 50')}`)).toBe(`:you!y@h ${dcc('RESUME a.txt 40001 50')}`);
    r.up(dcc('ACCEPT a.txt 40001 50'));
    expect(r.far.log).toBe(dcc('ACCEPT a.txt 60000 50'));
    expect(r.down(dcc('RESUME b.txt 60001 50'))).toBe(dcc('RESUME b.txt 60001 50'));
  });

  test('17 offers: the first is withdrawn', () => {
    const r = new Rig(IRC);
    for (let i = 0; i < 17; i++) {
      r.up(dcc(`SEND a.txt ${GUEST} ${40_000 + i} 99`));
      r.bind(`198.51.100.4:${60_000 + i}`);
    }
    expect(r.acceptors.map(({ open }) => open)).toEqual([false, ...Array<boolean>(16).fill(true)]);
    r.gateways.close();
    expect(r.gateways.stats()['expected']).toBe(0);
  });

  test.each([
    [`CHAT chat ${GUEST + 1} 40001`],
    [`CHAT chat ${GUEST} 22`],
    [`SEND a.txt ${GUEST} 0 99 7`],
    [`SEND a.txt 99999999999 40001 99`],
    [`SEND a.txt fd00::20 40001 99`],
    [`SEND a.txt ${GUEST} 70000`],
    ['SEND'],
    ['RESUME a.txt'],
  ])('%s goes as it is', (said) => {
    const r = new Rig(IRC);
    r.up(dcc(said));
    expect([r.far.log, r.acceptors]).toEqual([dcc(said), []]);
  });

  test('an offer of somebody on this machine names the gateway', () => {
    const said = `:you!y@h ${dcc(`CHAT chat ${LOOPBACK} 5`)}`;
    expect(new Rig(IRC_HERE).down(said)).toBe(`:you!y@h ${dcc('CHAT chat 167772674 5')}`);
    expect(new Rig(IRC).down(said)).toBe(said);
  });

  test('a hostile line is no work', () => {
    const r = new Rig(IRC);
    const hostile = `${'@a '.repeat(200)}PRIVMSG ${' '.repeat(300)}\x01DCC ${'SEND " '.repeat(10)}\r\n`;
    r.up(hostile);
    expect(r.far.log).toBe(hostile);
  });
});

describe('ident', () => {
  test('the guest asks about its own port: the host port, outside', () => {
    const asked: string[] = [];
    const r = new Rig({
      ...IRC,
      remote: '192.0.2.9:113',
      far: '192.0.2.9:113',
      net: {
        hostEnd: ({ guest, remote }, into) => {
          asked.push(`${guest} ${remote}`);
          into.set(endpoint('198.51.100.4:60000'));
          return true;
        },
      },
    });
    r.up('6667, 25\r\n');
    expect([r.far.log, asked]).toEqual(['6667, 60000\r\n', ['10.0.2.20:25 192.0.2.9:6667']]);
    expect(r.down('6667, 60000 : USERID : UNIX : me\r\n')).toBe('6667, 25 : USERID : UNIX : me\r\n');
  });

  test('the guest is asked about a port of the host: its own, inside', () => {
    const r = new Rig({
      guest: '10.0.2.20:113',
      remote: '192.0.2.9:4000',
      near: '198.51.100.4:113',
      far: '192.0.2.9:4000',
      forwarded: true,
      net: {
        guestBehind: (hostEnd, remote, into) => {
          if (hostEnd.port !== 5_000 || String(remote) !== '192.0.2.9:6667') return false;
          into.set(endpoint('10.0.2.20:40000'));
          return true;
        },
      },
    });
    expect(r.down('5000 , 6667\r\n')).toBe('40000 , 6667\r\n');
    r.up('40000 , 6667 : USERID : UNIX : me\r\n');
    expect(r.far.log).toBe('5000 , 6667 : USERID : UNIX : me\r\n');
    expect(r.down('5001 , 6667\r\n99999, 1\r\nnonsense\r\n')).toBe('5001 , 6667\r\n99999, 1\r\nnonsense\r\n');
  });
});
