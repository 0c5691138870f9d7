// What brought libslirp's tcp_emu() down: the gateways of then. Nothing of it is kept beyond its bounds, and nothing is lost.
import { describe, expect, test } from 'vitest';
import { Rig } from './rig.ts';

const GUEST = '10.0.2.20:40000';
const NEAR = '198.51.100.4:5000';
/** 10.0.2.20 and a host address that is longer in every way of writing. */
const GUEST_NUMBER = 167_772_692;
const LONGER = '198.151.100.144:60000';

function to(port: number): Rig {
  const remote = `192.0.2.9:${port}`;
  return new Rig({ guest: GUEST, remote, near: NEAR, far: remote });
}

/** Says it all, in such pieces as are taken. Returns how much was. */
function pour(r: Rig, said: string): number {
  let taken = 0;
  for (let n = -1; n !== 0 && taken < said.length; taken += n) n = r.up(said.slice(taken, taken + 1_460));
  return taken;
}

// Of ident all that had no end of line yet was copied behind what was there, whatever the size of the buffer
describe('CVE-2019-6778: ident without an end of line', () => {
  test('goes on as it comes, once it cannot be a question', () => {
    const r = to(113);
    const said = '7'.repeat(300_000);
    expect([pour(r, said), r.far.log === said]).toEqual([said.length, true]);
  });

  test('waits at the guest while the host takes nothing: a line is held, and no more', () => {
    const r = to(113);
    r.far.room = 0;
    const said = '7'.repeat(300_000);
    const taken = pour(r, said);
    expect(taken).toBeLessThanOrEqual(8_192);
    r.far.room = Infinity;
    r.far.events.writable(0);
    expect([taken + pour(r, said.slice(taken)), r.far.log === said]).toEqual([said.length, true]);
  });
});

// The answer was written from numbers that sscanf() had not found, out of memory that nobody had set
test.each(['1', '1,', ',1', ' , ', 'x, y', '-1, -1', '99999, 1', '1, 4294967297', ''])(
  'CVE-2019-9824: "%s" is no question of ident, and goes as it is',
  (said) => {
    const r = to(113);
    r.up(`${said}\r\n`);
    expect(r.far.log).toBe(`${said}\r\n`);
  },
);

// The line with the other address in it is longer, and was written over the one that came, to the end of the buffer and on
describe('CVE-2020-7039: a line grows at the end of its buffer', () => {
  test.each([
    ['IRC DCC CHAT', 6667, `\x01DCC CHAT chat ${GUEST_NUMBER} 5000\x01`, `\x01DCC CHAT chat 3331810448 60000\x01`],
    ['IRC DCC SEND', 6667, `\x01DCC SEND f ${GUEST_NUMBER} 5000 9\x01`, `\x01DCC SEND f 3331810448 60000 9\x01`],
    ['IRC DCC MOVE', 6668, `\x01DCC MOVE f ${GUEST_NUMBER} 5000 9\x01`, `\x01DCC MOVE f 3331810448 60000 9\x01`],
  ])('%s', (_what, port, offer, changed) => {
    for (const room of [0, 1, 2, 3]) {
      const r = to(port);
      const name = 'n'.repeat(1_024 - 'PRIVMSG  :'.length - offer.length - room - 2);
      r.up(`PRIVMSG ${name} :${offer}\r\n`);
      r.bind(LONGER);
      r.up('QUIT\r\n');
      expect(r.far.log).toBe(`PRIVMSG ${name} :${changed}\r\nQUIT\r\n`);
    }
  });

  test('FTP PORT, in the middle of much else', () => {
    const r = to(21);
    const before = `${'NOOP\r\n'.repeat(600)}`;
    const said = `${before}PORT 10,0,2,20,19,136\r\nLIST\r\n`;
    let taken = pour(r, said);
    r.bind(LONGER);
    taken += pour(r, said.slice(taken));
    expect([taken, r.far.log]).toEqual([said.length, `${before}PORT 198,151,100,144,234,96\r\nLIST\r\n`]);
  });
});

// snprintf() says what it would have written; that was taken for what it had
describe('CVE-2020-8608: a line that is as long as a buffer', () => {
  test.each([1_000, 1_023, 1_024, 1_025, 1_460, 65_536])(
    '%i bytes of IRC: nothing is cut and nothing added',
    (size) => {
      const r = to(6667);
      const offer = `\x01DCC SEND `;
      const line = `PRIVMSG you :${offer}${'f'.repeat(size)} ${GUEST_NUMBER} 5000 9\x01\r\n`;
      let taken = pour(r, line);
      if (r.acceptors.length > 0) r.bind(LONGER);
      taken += pour(r, line.slice(taken));
      expect(taken).toBe(line.length);
      const changed = line.replace(`${GUEST_NUMBER} 5000`, '3331810448 60000');
      expect(r.far.log).toBe(r.acceptors.length > 0 ? changed : line);
      expect(r.far.log).not.toContain('\0');
    },
  );

  test.each([1_000, 1_023, 1_024, 1_025, 65_536])('%i digits of FTP', (size) => {
    const r = to(21);
    const line = `PORT 10,0,2,20,19,${'1'.repeat(size)}\r\n`;
    expect([pour(r, line), r.far.log, r.acceptors.length]).toEqual([line.length, line, 0]);
  });
});
