// A machine without a disk boots from the network: iPXE, with a TCP/IP of its own, by DHCP, TFTP and HTTP.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { run } from './guest.ts';
import { missingRom } from './machine/rom.ts';
import { Program } from './program.ts';
import { http, type Server } from './servers.ts';

const why = missingRom();
const LONG = 120_000;

describe.skipIf(why !== null)(`PXE${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-pxe-'));
  let program: Program | undefined;
  let web: Server | undefined;

  afterEach(async () => {
    await program?.stop();
    web?.close();
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(['e1000', 'virtio-net-pci'])(
    '%s: a script by TFTP, from where iPXE asks for it, and what it names by HTTP',
    async (card) => {
      web = await http();
      const script = [
        '#!ipxe',
        `echo @@ \${net0/ip} by \${net0/dhcp-server}`,
        `imgfetch http://10.0.2.2:${web.port}/blocks/4 && echo @@ http`,
        'sleep 1',
        'reboot',
      ];
      writeFileSync(join(directory, 'boot.ipxe'), `${script.join('\n')}\n`);
      const options = ['--qemu', '0', '--tftp-path', directory, '--bootfile', 'other', '--bootfile', 'ipxe:boot.ipxe'];
      program = await Program.start(options, /guests come to/);
      const [, port] = await program.until(/guests come to 127\.0\.0\.1:(\d+)/);
      const machine = [
        '-M',
        'pc',
        '-accel',
        'tcg,thread=single',
        '-m',
        '256',
        '-nodefaults',
        '-no-user-config',
        '-nographic',
      ];
      const network = `stream,id=n0,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port=${port}`;
      const { out } = await run(
        [
          'qemu-system-x86_64',
          ...machine,
          ...['-no-reboot', '-boot', 'n', '-serial', 'stdio', '-monitor', 'none'],
          ...['-netdev', network, '-device', `${card},netdev=n0,bootindex=0`],
        ],
        LONG,
      );
      expect(out).toContain('@@ 10.0.2.20 by 10.0.2.2');
      expect(out).toContain('@@ http');
    },
    LONG,
  );
});
