// What guests boot from the network.
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BOOT_CLIENTS, type BootClient, type Dhcp4BootFile } from '@reslirp/runtime';
import { type Kind, NAME } from '../values.ts';
import { append, into, type Option } from './option.ts';

export interface BootChoices {
  /** Absolute. */
  tftpPath?: string;
  bootFiles?: readonly Dhcp4BootFile[];
  tftpServerName?: string;
}

const DIRECTORY: Kind<string> = {
  accepts: 'a directory that can be read',
  read: (text) => (isDirectory(text) ? resolve(text) : null),
};

function isDirectory(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

const TEXT = /^[\x21-\x7e]{1,255}$/;

/** The colon of a URL is none behind a client; './a:b' is a file of that name. */
const BOOT_FILE: Kind<Dhcp4BootFile> = {
  accepts: `a file or URL, or one for a kind of client such as ipxe:boot.ipxe; kinds are ${BOOT_CLIENTS.join(', ')}`,
  read(text) {
    const [, when, rest = text] = /^([a-z0-9-]+):(?!\/\/)(.*)$/s.exec(text) ?? [];
    if (!TEXT.test(rest)) return null;
    if (when === undefined) return { file: rest };
    return isClient(when) ? { when, file: rest } : null;
  },
};

function isClient(name: string): name is BootClient {
  return (BOOT_CLIENTS as readonly string[]).includes(name);
}

export const BOOT_OPTIONS: readonly Option[] = [
  {
    group: 'Boot',
    long: 'tftp-path',
    value: 'DIR',
    help: 'guests get files of this directory by TFTP, at the gateway',
    ...into('tftpPath', DIRECTORY),
  },
  {
    group: 'Boot',
    long: 'bootfile',
    value: '[WHEN:]FILE',
    help: 'what guests boot: a file or URL; WHEN: ipxe, bios, x64-uefi, http …',
    ...append('bootFiles', BOOT_FILE),
  },
  {
    group: 'Boot',
    long: 'tftp-server-name',
    value: 'NAME',
    help: 'where it is, a name or an address; the gateway unless given',
    ...into('tftpServerName', NAME),
  },
];
