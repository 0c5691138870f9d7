// What brought libslirp's services down: BOOTP, TFTP, NC-SI, sent to ours through a whole stack.
import { type Dhcp4Server, dhcp4Server, ncsiResponder, type TftpServer, tftpServer } from '@reslirp/services';
import { describe, expect, test } from 'vitest';
import { DISCOVER, REQUEST, write } from '../../../services/test/dhcp-client.ts';
import { MemoryFiles } from '../../../services/test/tftp-client.ts';
import { attack, leaks, POISON } from '../../../stack/test/cve/attack.ts';
import { EVERYONE_MAC, ether, GUEST_MAC, Rig, text, udp } from '../../../stack/test/rig.ts';

const GUEST = '10.0.2.15:2070';
const TFTP = '10.0.2.2:69';
const MTU_PAYLOAD = 1_472;
/** RFC 951 3: the message up to where options begin. */
const BOOTP_HEADER = 236;
const COOKIE = 4;

interface Bench {
  readonly rig: Rig;
  readonly dhcp: Dhcp4Server;
  readonly tftp: TftpServer;
  /** Names that were asked for. */
  readonly opened: string[];
  readonly files: MemoryFiles;
}

function bench(): Bench {
  const opened: string[] = [];
  const files = new MemoryFiles();
  const watched = {
    open: (name: string) => {
      opened.push(name);
      return files.open(name);
    },
  };
  const dhcp = dhcp4Server({});
  const tftp = tftpServer({ files: watched });
  return { rig: new Rig({ services: [dhcp, tftp] }), dhcp, tftp, opened, files };
}

function shout(b: Uint8Array): Uint8Array {
  return udp('0.0.0.0:68', '255.255.255.255:67', b, { dst: EVERYONE_MAC });
}

// ncsi_input() read its header, and wrote as much of an answer as that asked for, whatever had come
describe('CVE-2020-29129: an NC-SI command', () => {
  /** DSP0222 8.2.1: revision 1, "select package" of instance 1, of `length` bytes. */
  const command = (length: number): Uint8Array =>
    Uint8Array.of(0, 1, 0, 1, 1, 0, length >>> 8, length & 0xff, 0, 0, 0, 0, 0, 0, 0, 0);
  const send = (b: Uint8Array): { rig: Rig; malformed: number | undefined } => {
    const ncsi = ncsiResponder();
    const rig = new Rig({ services: [ncsi] });
    attack(rig, ether(b, { dst: EVERYONE_MAC, type: 0x88f8 }));
    return { rig, malformed: ncsi.stats()['malformed'] };
  };

  test('that is cut anywhere in its header is not answered', () => {
    for (let size = 0; size < 16; size++) {
      const { rig, malformed } = send(command(0).subarray(0, size));
      expect([malformed, rig.frames().length]).toEqual([1, 0]);
    }
    const { rig } = send(command(0));
    expect([rig.frames().length, leaks(rig)]).toEqual([1, 0]);
  });

  test.each([1, 4, 0xfff])('that says it has %i bytes behind the header is not answered', (length) => {
    const { rig, malformed } = send(command(length));
    expect([malformed, rig.frames().length]).toEqual([1, 0]);
  });
});

// bootp_input() took any datagram for a whole message, and answered with what lay behind it
describe('CVE-2021-3592: a BOOTP request that is cut', () => {
  const discover = write(GUEST_MAC, { options: [[53, [DISCOVER]]] });

  test('before its options: no answer, and no lease', () => {
    const { rig, dhcp } = bench();
    for (let size = 0; size < BOOTP_HEADER + COOKIE; size++) {
      expect(attack(rig, shout(discover.subarray(0, size)))).toBe('NO');
    }
    expect(dhcp.stats()).toMatchObject({ malformed: BOOTP_HEADER + COOKIE, offers: 0, acks: 0, bootp: 0 });
    expect([rig.heard(), leaks(rig), dhcp.leases().length]).toEqual([[], 0, 0]);
  });

  test('within its options: none of them comes from memory', () => {
    const whole = write(GUEST_MAC, {
      options: [
        [53, [REQUEST]],
        [61, [1, ...GUEST_MAC]],
        [50, [10, 0, 2, 15]],
        [12, [...text('guest')]],
        [55, [1, 3, 6]],
      ],
    });
    for (let size = BOOTP_HEADER + COOKIE; size <= whole.length; size++) {
      const { rig } = bench();
      attack(rig, shout(whole.subarray(0, size)));
      expect(leaks(rig), `${size} bytes`).toBe(0);
    }
  });

  test('with an option, or a hardware address, longer than there is', () => {
    for (const [at, value] of [
      [2, 255],
      [241, 255],
      [243, 12],
    ] as const) {
      const { rig, dhcp } = bench();
      const lying = discover.slice();
      lying[at] = value;
      attack(rig, shout(lying));
      expect(leaks(rig)).toBe(0);
      expect(JSON.stringify(dhcp.leases())).not.toContain('\u00db');
    }
  });
});

// dhcp_decode() walked along the options by their lengths, behind the end of the message if they said so
describe('CVE-2017-11434: options of DHCP that lead out of the message', () => {
  const START = BOOTP_HEADER + COOKIE;

  test.each([
    ['a code without a length', [50]],
    ['a length without a value', [50, 4]],
    ['a value that is cut', [50, 4, 10, 0, 2]],
    ['the longest there is', [50, 255, 10, 0, 2, 20]],
    ['a type that is cut', [53, 1]],
    ['padding, and no end', [0, 0, 0, 0]],
  ])('%s', (_what, last) => {
    const { rig, dhcp } = bench();
    const whole = write(GUEST_MAC, { options: [[53, [DISCOVER]]] });
    const cut = Uint8Array.of(...whole.subarray(0, START), ...whole.subarray(START, START + 3), ...last);
    attack(rig, shout(cut));
    rig.after(2_000);
    expect([leaks(rig), dhcp.stats()['acks']]).toEqual([0, 0]);
    const said = rig.frames().map(({ bytes }) => bytes.join());
    expect(said.filter((bytes) => bytes.includes(`10,0,2,${POISON}`))).toEqual([]);
  });
});

// tftp_input() took any datagram for a whole request: its opcode, name, mode and options came from memory
describe('CVE-2021-3595: a TFTP request that is cut', () => {
  const whole = text('\0\x01boot\0octet\0blksize\x001024\0');
  /** Where the mode has its end: the least that is a request. */
  const LEAST = 2 + 'boot'.length + 1 + 'octet'.length + 1;

  test('anywhere before the end of its mode: no file is opened', () => {
    const { rig, tftp, opened, files } = bench();
    files.contents.set('boot', new Uint8Array(100));
    for (let size = 0; size < LEAST; size++) attack(rig, udp(GUEST, TFTP, whole.subarray(0, size)));
    expect(tftp.stats()).toMatchObject({ requests: 0, transfers: 0, malformed: LEAST });
    expect([opened, leaks(rig)]).toEqual([[], 0]);
  });

  test('within its options: the file comes, and those count that are whole', () => {
    for (let size = LEAST; size <= whole.length; size++) {
      const { rig, files, opened } = bench();
      files.contents.set('boot', new Uint8Array(100));
      attack(rig, udp(GUEST, TFTP, whole.subarray(0, size)));
      expect([rig.frames().length > 0, opened.every((name) => name === 'boot'), leaks(rig)]).toEqual([true, true, 0]);
    }
  });

  test.each([
    ['name', '\0\x01'],
    ['mode', '\0\x01boot\0'],
    ['option', '\0\x01boot\0octet\0'],
    ['value', '\0\x01boot\0octet\0blksize\0'],
  ])('a %s without an end, to the last byte of the packet', (_what, start) => {
    const { rig, opened, files } = bench();
    files.contents.set('boot', new Uint8Array(100));
    const b = new Uint8Array(MTU_PAYLOAD).fill(0x61);
    b.set(text(start));
    attack(rig, udp(GUEST, TFTP, b));
    expect([opened, leaks(rig)]).toEqual([[], 0]);
  });

  test.each(['', '\0', '\0\x04', '\0\x04\0'])('an acknowledgement of %j: an error, and the transfer is over', (cut) => {
    const { rig, files, tftp } = bench();
    files.contents.set('boot', new Uint8Array(2_000));
    attack(rig, udp(GUEST, TFTP, text('\0\x01boot\0octet\0')));
    const [data] = rig.frames();
    const port = ((data?.bytes[34] ?? 0) << 8) | (data?.bytes[35] ?? 0);
    attack(rig, udp(GUEST, `10.0.2.2:${port}`, text(cut)));
    expect(rig.frames().map(({ bytes }) => [...bytes.subarray(42, 46)])).toEqual([[0, 5, 0, 4]]);
    expect([tftp.stats()['transfers'], files.opened, leaks(rig)]).toEqual([0, 0, 0]);
  });
});

// On Windows '..\' was not looked for. Here no name becomes a path on its way: who has the files gets it whole, and decides
test.each(['..\\..\\secret', '../../secret', '..', 'C:\\secret', '\\\\host\\share', '/etc/passwd', 'a/../../b'])(
  'CVE-2020-7211: TFTP passes the name %s on as it is, and nothing else is opened',
  (name) => {
    const { rig, opened, tftp } = bench();
    attack(rig, udp(GUEST, TFTP, text(`\0\x01${name}\0octet\0`)));
    expect([opened, tftp.stats()['sent'], tftp.stats()['transfers'], leaks(rig)]).toEqual([[name], 0, 0, 0]);
  },
);

test('the poison is seen where it shows', () => {
  const { rig, files } = bench();
  files.contents.set('boot', new Uint8Array(100).fill(POISON));
  attack(rig, udp(GUEST, TFTP, text('\0\x01boot\0octet\0')));
  expect(leaks(rig)).toBe(1);
});
