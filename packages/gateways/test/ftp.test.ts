import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rig } from './rig.ts';

const OUTSIDE = { guest: '10.0.2.20:40000', remote: '192.0.2.9:21', near: '198.51.100.4:5000', far: '192.0.2.9:21' };
const HERE = { guest: '10.0.2.20:40000', remote: '10.0.2.2:21', near: '127.0.0.1:5000', far: '127.0.0.1:21' };
const HERE6 = { guest: '[fd00::20]:40000', remote: '[fd00::2]:21', near: '[::1]:5000', far: '[::1]:21' };
const SERVED = {
  guest: '10.0.2.20:21',
  remote: '192.0.2.9:4000',
  near: '198.51.100.4:2121',
  far: '192.0.2.9:4000',
  forwarded: true,
};
const SERVED_HERE = { ...SERVED, remote: '10.0.2.2:4000', near: '127.0.0.1:2121', far: '127.0.0.1:4000' };

describe('the guest is the client', () => {
  test('PORT: the host waits for the server alone, once, and calls the guest', () => {
    const r = new Rig(OUTSIDE);
    expect(r.up('USER a\r\nPORT 10,0,2,20,156,65\r\nLIST\r\n')).toBe(8 + 23);
    expect([r.far.log, r.acceptors[0]!.at]).toEqual(['USER a\r\n', '198.51.100.4:0']);
    r.bind('198.51.100.4:60000');
    expect([r.far.log, r.said.at(-1)]).toEqual(['USER a\r\nPORT 198,51,100,4,234,96\r\n', 'writable']);
    r.up('LIST\r\n');
    r.visit('203.0.113.1:20');
    expect([r.called, r.acceptors[0]!.open]).toEqual([[], true]);
    r.visit('192.0.2.9:20');
    expect([r.called, r.acceptors[0]!.open]).toEqual([['192.0.2.9:20 > 10.0.2.20:40001'], false]);
    expect(r.far.log).toMatch(/LIST\r\n$/);
    expect(r.gateways.stats()).toMatchObject({ watched: 1, expected: 0, announced: 1, connected: 1, strangers: 1 });
  });

  test('EPRT, of both families', () => {
    const four = new Rig(OUTSIDE);
    four.up('EPRT |1|10.0.2.20|40001|\r\n');
    four.bind('198.51.100.4:60000');
    expect(four.far.log).toBe('EPRT |1|198.51.100.4|60000|\r\n');
    const six = new Rig(HERE6);
    six.up('eprt !2!fd00::20!40001!\r\n');
    six.bind('[::1]:60000');
    expect(six.far.log).toBe('eprt |2|::1|60000|\r\n');
  });

  test.each([
    ['of somebody else', 'PORT 10,0,2,21,156,65'],
    ["of one of the guest's services", 'PORT 10,0,2,20,0,22'],
    ['of no port', 'PORT 10,0,2,20,0,0'],
    ['of numbers that are none', 'PORT 10,0,2,20,256,65'],
    ['of too few numbers', 'PORT 10,0,2,20,156'],
    ['of the wrong family', 'EPRT |2|fd00::20|40001|'],
    ['of the wrong name for it', 'EPRT |2|10.0.2.20|40001|'],
    ['of a port that is none', 'EPRT |1|10.0.2.20|99999|'],
    ['of nothing', 'PORT '],
  ])('an address %s goes as it is', (_what, line) => {
    const r = new Rig(OUTSIDE);
    r.up(`${line}\r\n`);
    expect([r.far.log, r.acceptors]).toEqual([`${line}\r\n`, []]);
  });

  test('a host that has no port for it: the command goes as it is', () => {
    const r = new Rig(OUTSIDE);
    r.up('PORT 10,0,2,20,156,65\r\n');
    r.acceptors[0]!.events.unbound(0, 0);
    expect(r.far.log).toBe('PORT 10,0,2,20,156,65\r\n');
  });

  test('the next PORT, the end of the connection and five minutes end the waiting', () => {
    const r = new Rig(OUTSIDE);
    for (const [i, port] of ['60000', '60001'].entries()) {
      r.up(`PORT 10,0,2,20,156,${i}\r\n`);
      r.bind(`198.51.100.4:${port}`, 1_000);
    }
    expect(r.acceptors.map(({ open }) => open)).toEqual([false, true]);
    expect(r.gateways.deadline()).toBe(301_000);
    r.gateways.poll(301_000);
    expect([r.acceptors[1]!.open, r.gateways.deadline()]).toEqual([false, Infinity]);
    r.up('PORT 10,0,2,20,156,9\r\n');
    r.socket.abort();
    expect([r.acceptors[2]!.open, r.gateways.stats()['watched']]).toEqual([false, 0]);
  });

  test('227 of a server on this machine names the gateway; that of another stays, and so does 229', () => {
    expect(new Rig(HERE).down('227 Entering (127,0,0,1,10,20).\r\n')).toBe('227 Entering (10,0,2,2,10,20).\r\n');
    expect(new Rig(OUTSIDE).down('227 Entering (127,0,0,1,10,20).\r\n')).toBe('227 Entering (127,0,0,1,10,20).\r\n');
    expect(new Rig(HERE).down('227 Entering (192,0,2,1,10,20).\r\n')).toBe('227 Entering (192,0,2,1,10,20).\r\n');
    expect(new Rig(HERE).down('229 Entering (|||2580|)\r\n')).toBe('229 Entering (|||2580|)\r\n');
  });
});

describe('the guest is the server', () => {
  test('227 and 229 name a port of the host, for that client', () => {
    const r = new Rig(SERVED);
    r.up('227 Entering (10,0,2,20,156,65).\r\n');
    expect(r.acceptors[0]!.at).toBe('198.51.100.4:0');
    r.bind('198.51.100.4:60000');
    r.visit('192.0.2.9:4001');
    r.up('229 Entering (|||40002|)\r\n');
    r.bind('198.51.100.4:60001');
    r.visit('192.0.2.9:4002');
    expect(r.far.log).toBe('227 Entering (198,51,100,4,234,96).\r\n229 Entering (|||60001|)\r\n');
    expect(r.called).toEqual(['192.0.2.9:4001 > 10.0.2.20:40001', '192.0.2.9:4002 > 10.0.2.20:40002']);
  });

  test('an address that an administrator has chosen stays', () => {
    const r = new Rig(SERVED);
    r.up('227 Entering (198,51,100,4,156,65).\r\n');
    expect([r.far.log, r.acceptors]).toEqual(['227 Entering (198,51,100,4,156,65).\r\n', []]);
  });

  test('PORT of a client on this machine names the gateway', () => {
    expect(new Rig(SERVED_HERE).down('PORT 127,0,0,1,9,9\r\n')).toBe('PORT 10,0,2,2,9,9\r\n');
    expect(new Rig(SERVED_HERE).down('EPRT |1|127.0.0.1|2313|\r\n')).toBe('EPRT |1|10.0.2.2|2313|\r\n');
    expect(new Rig(SERVED).down('PORT 192,0,2,9,9,9\r\n')).toBe('PORT 192,0,2,9,9,9\r\n');
  });
});

describe('a watched socket is a socket', () => {
  test('what the host does not take stops the guest, and the FIN comes after it', () => {
    const r = new Rig(OUTSIDE);
    r.far.room = 3;
    expect(r.up('NOOP\r\nNOOP\r\n')).toBeLessThanOrEqual(12);
    expect([r.up('QUIT\r\n'), r.far.log]).toEqual([0, 'NOO']);
    r.socket.finish();
    r.far.room = Infinity;
    r.far.events.writable(0);
    expect(r.far.log).toBe('NOOP\r\nNOOP\r\n<FIN>');
  });

  test('half a line goes before the FIN, both ways', () => {
    const r = new Rig(OUTSIDE);
    r.up('PORT 1');
    r.socket.finish();
    expect(r.far.log).toBe('PORT 1<FIN>');
    r.far.queue.push('227 half', '');
    expect(r.read()).toBe('227 half<END>');
    expect(r.read()).toBe('');
  });

  test('closed while a command waits: it leaves, then the FIN; or a minute ends it', () => {
    const r = new Rig(OUTSIDE);
    r.up('PORT 10,0,2,20,156,65\r\n');
    r.socket.finish();
    r.socket.close();
    expect([r.far.log, r.gateways.deadline()]).toEqual(['', -Infinity]);
    r.bind('198.51.100.4:60000');
    expect(r.far.log).toBe('PORT 198,51,100,4,234,96\r\n<FIN><close>');
    expect(r.gateways.deadline()).toBe(Infinity);
    const stuck = new Rig(OUTSIDE);
    stuck.far.room = 0;
    stuck.up('NOOP\r\n');
    stuck.socket.finish();
    stuck.socket.close();
    stuck.gateways.poll(5);
    stuck.gateways.poll(60_005);
    expect([stuck.far.log, stuck.gateways.stats()['watched']]).toEqual(['<RST>', 0]);
    stuck.far.events.writable(0);
    expect(stuck.said).toEqual(['opened']);
  });

  test('urgent bytes stay urgent', () => {
    const r = new Rig(OUTSIDE);
    const b = Uint8Array.of(0xff, 0xf4, 0xff);
    expect(r.socket.writeUrgent!(b, 0, 3)).toBe(3);
    expect(r.far.log).toBe('!\xff\xf4\xff');
  });

  test('whatever guest and server say, all of it arrives, and nothing throws', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'PORT ',
        'EPRT ',
        '227 ',
        '229 ',
        '10,0,2,20,156,65',
        '(127,0,0,1,1,1)',
        '|1|10.0.2.20|40001|',
        '\r\n',
        '\n',
        '(|||1|)',
      ),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[^\0-\xff]/g, '?')),
    );
    fc.assert(
      fc.property(
        fc.array(piece),
        fc.array(piece),
        fc.constantFrom(OUTSIDE, HERE, SERVED, SERVED_HERE),
        (up, down, setting) => {
          const r = new Rig(setting);
          for (let said of up) {
            while (said.length > 0) {
              said = said.slice(r.up(said));
              const waiting = r.acceptors.at(-1);
              if (said.length > 0 && waiting?.open) waiting.events.unbound(0, 0);
            }
          }
          r.acceptors.at(-1)?.events.unbound(0, 0);
          r.socket.finish();
          expect(r.far.log).toBe(`${up.join('')}<FIN>`);
          const heard = down.map((text) => (text === '' ? '' : r.down(text))).join('') + r.down('');
          expect(heard.replaceAll('10,0,2,2,', '127,0,0,1,').length).toBe(`${down.join('')}<END>`.length);
        },
      ),
    );
  });
});
