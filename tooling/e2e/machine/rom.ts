// iPXE as the firmware of QEMU's network cards: Debian's ipxe-qemu.
import { existsSync } from 'node:fs';
import { lack } from '../tools.ts';

const ROM = '/usr/lib/ipxe/qemu/pxe-e1000.rom';

/** Null when a machine can boot from the network, else what is missing. Throws in CI. */
export function missingRom(): string | null {
  const why = lack(['qemu-system-x86_64']) ?? (existsSync(ROM) ? null : `not installed: ipxe-qemu, ${ROM}`);
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}
