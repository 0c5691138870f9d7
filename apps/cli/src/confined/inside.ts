// In the new namespaces: sets up the network, hands the TAP to the program outside, and becomes the command.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  awaitNotice,
  Errno,
  errorName,
  Fcntl,
  Interfaces,
  libc,
  Mount,
  Prctl,
  Signal,
  sendDescriptor,
} from '@reslirp/syscall';
import { newTap } from '@reslirp/transport-tap';
import { mask4, parse4, parse6 } from '@reslirp/wire/address';
import { CANNOT_RUN, CHANNEL, NOT_FOUND, type Order, OWN_FAILURE } from './order.ts';

const STDIO = [0, 1, 2];
const RESOLV_CONF = '/etc/resolv.conf';

try {
  const order = JSON.parse(process.argv[2]!) as Order;
  libc.prctl(Prctl.SET_PDEATHSIG, Signal.KILL); // the program outside carries the network: without it there is none
  setUp(order);
  become(order.command);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), OWN_FAILURE);
}

function setUp({ tap: name, mtu, address, prefix, gateway, v6, resolvConf }: Order): void {
  const tap = newTap(name);
  const interfaces = new Interfaces();
  must('lo up', interfaces.up('lo'));
  must(`MTU ${mtu}`, interfaces.setMtu(tap.name, mtu));
  must(`address ${address}`, interfaces.setAddress(tap.name, parse4(address)!, mask4(prefix)));
  quiet6(tap.name, v6 !== null);
  must(`${tap.name} up`, interfaces.up(tap.name));
  if (v6 !== null) setUp6(interfaces, tap.name, v6);
  if (gateway !== null) must(`route by ${gateway}`, interfaces.addDefaultRoute(parse4(gateway)!));
  interfaces.close();
  if (resolvConf !== null) replaceResolvConf(resolvConf);
  must('sending the TAP', sendDescriptor(CHANNEL, tap.fd));
  if (!awaitNotice(CHANNEL)) process.exit(OWN_FAILURE); // the program outside says why
  libc.close(CHANNEL);
}

function setUp6(interfaces: Interfaces, name: string, { address, prefix, gateway }: NonNullable<Order['v6']>): void {
  must(`address ${address}`, interfaces.setAddress6(name, bytes6(address), prefix));
  if (gateway !== null) must(`route by ${gateway}`, interfaces.addDefaultRoute6(name, bytes6(gateway)));
}

/** Addresses are set here: no others are made up, and none has to be proven first. Where there is no IPv6, none is tried. */
function quiet6(name: string, speaks6: boolean): void {
  const settings = speaks6 ? { accept_ra: '0', accept_dad: '0' } : { disable_ipv6: '1' };
  for (const [setting, value] of Object.entries(settings)) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/${setting}`, value);
    } catch {
      // A kernel without IPv6 has no such file; another view of /proc only costs the second that the proof takes
    }
  }
}

function bytes6(text: string): Uint8Array {
  const b = new Uint8Array(16);
  parse6(text, b, 0);
  return b;
}

/** In this mount namespace only. */
function replaceResolvConf(text: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-'));
  try {
    const file = join(directory, 'resolv.conf');
    writeFileSync(file, text, { mode: 0o644 });
    must(`mount on ${RESOLV_CONF}`, libc.mount(file, RESOLV_CONF, null, Mount.BIND, null));
  } finally {
    rmSync(directory, { recursive: true }); // what is mounted stays
  }
}

function become(command: readonly string[]): void {
  const [file = ''] = command;
  libc.defaultSignal(Signal.PIPE);
  for (const fd of STDIO) libc.fcntl(fd, Fcntl.SETFD, 0); // Node closes them on exec
  const result = libc.execvp(file, command);
  fail(`${file}: ${errorName(result)}`, result === -Errno.ENOENT ? NOT_FOUND : CANNOT_RUN);
}

function must(what: string, result: number): void {
  if (result < 0) throw new Error(`${what}: ${errorName(result)}`);
}

function fail(text: string, code: number): void {
  process.stderr.write(`reslirp: ${text}\n`);
  process.exitCode = code;
}
