// Leases of DHCP in a file, so that guests find their addresses again after a restart: JSON that people can read too.
//
//   { "version": 1, "leases": [{ "address": "10.0.2.20", "client": "01525400123456", "mac": "52:54:00:12:34:56", "name": "vm",
//     "until": "2026-01-31T12:00:00.000Z" }] }                                                     until null: for ever
//
// Here the stack's clock becomes the wall's, and back. Each version of the file is written beside it and renamed over it, so that
// there is always a whole one. An empty file is no leases: what a machine may find that lost its power in between.
import { accessSync, constants, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeptLease, LeaseStore } from '@reslirp/services/dhcp4';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Log } from './log.ts';

const VERSION = 1;
/** Many times what 4,096 leases take. */
const LARGEST = 16 << 20;

/** A lease as it is in the file. */
export interface WrittenLease {
  readonly address: string;
  readonly client: string;
  readonly mac: string;
  readonly name: string;
  readonly until: string | null;
}

/** A file, and what was in it when the program began. */
export interface LeaseFileSettings {
  readonly path: string;
  readonly leases: readonly WrittenLease[];
}

/** What is in the file; nothing where there is none yet. Throws an Error of one line when it is something else, or cannot be written. */
export function readLeaseFile(path: string): LeaseFileSettings {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined || size === 0) return { path, leases: [] };
    if (size > LARGEST) throw new Error(`'${path}' is no file of leases: it is too large`);
    return { path, leases: leasesOf(path, readFileSync(path, 'utf8')) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`'${path}' cannot be used: ${code}`);
  }
}

function leasesOf(path: string, text: string): readonly WrittenLease[] {
  const all = parsed(text);
  if (all?.version !== VERSION || !Array.isArray(all.leases)) {
    throw new Error(`'${path}' is no file of leases (version ${VERSION}), and is left as it is`);
  }
  const wrong = all.leases.findIndex((lease) => !isLease(lease));
  if (wrong >= 0) throw new Error(`'${path}' has a lease that is none: number ${wrong + 1}`);
  return all.leases as readonly WrittenLease[];
}

function parsed(text: string): { readonly version?: unknown; readonly leases?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const FIELDS: Readonly<Record<string, RegExp>> = {
  client: /^([0-9a-f]{2}){2,255}$/,
  mac: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
  name: /^[a-z0-9_-]{0,63}$/,
};

function isLease(lease: unknown): lease is WrittenLease {
  if (typeof lease !== 'object' || lease === null) return false;
  const { address, until, ...fields } = lease as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '?');
  return (
    Endpoint.parse(text(address))?.is4 === true &&
    (until === null || !Number.isNaN(Date.parse(text(until)))) &&
    Object.entries(FIELDS).every(([field, pattern]) => pattern.test(text(fields[field])))
  );
}

export class LeaseFile implements LeaseStore {
  readonly #settings: LeaseFileSettings;
  readonly #log: Log;
  readonly #now: () => number;
  #isBroken: boolean = false;

  /** `now`: the clock of the stack. */
  constructor(settings: LeaseFileSettings, log: Log, now: () => number) {
    this.#settings = settings;
    this.#log = log;
    this.#now = now;
  }

  load(): readonly KeptLease[] {
    const [wall, now] = [Date.now(), this.#now()];
    return this.#settings.leases
      .map(({ address, client, mac, name, until }) => ({
        address: Endpoint.parse(address)?.ip4 ?? 0,
        client,
        mac: Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16)),
        name,
        until: until === null ? Infinity : now + Date.parse(until) - wall,
      }))
      .filter(({ until }) => until > now);
  }

  save(leases: readonly KeptLease[]): void {
    const [wall, now] = [Date.now(), this.#now()];
    const written = leases
      .filter(({ until }) => until > now)
      .map(({ address, client, mac, name, until }) => ({
        address: new Endpoint().set4(address, 0).address(),
        client,
        mac: Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
        name,
        until: until === Infinity ? null : new Date(wall + until - now).toISOString(),
      }));
    this.#write(`${JSON.stringify({ version: VERSION, leases: written }, null, 1)}\n`);
  }

  /** Tells once that it cannot be written, and once that it can again. */
  #write(text: string): void {
    const { path } = this.#settings;
    try {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
      if (this.#isBroken) this.#log.warn(`leases are kept in ${path} again`);
      this.#isBroken = false;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!this.#isBroken) this.#log.warn(`leases are not kept: ${path} cannot be written: ${code}`);
      this.#isBroken = true;
    }
  }
}
