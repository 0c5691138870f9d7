// In the new namespaces: sets up the network, hands the TAP to the program outside, and becomes the command.
import {
  awaitNotice,
  Errno,
  errorName,
  Fcntl,
  Interfaces,
  libc,
  Prctl,
  Signal,
  sendDescriptor,
} from '@reslirp/syscall';
import { newTap, plainTap } from '@reslirp/transport-tap';
import { parse4 } from '@reslirp/wire/address';
import { bytes6, must, raise } from './interface.ts';
import { CANNOT_RUN, CHANNEL, NOT_FOUND, type Order, OWN_FAILURE } from './order.ts';
import { replaceResolvConf } from './resolv-conf.ts';

/** Of execve(2). */
const WHY_NOT: ReadonlyMap<number, string> = new Map([
  [Errno.ENOENT, 'there is no such command, or not what it is to be run by'],
  [Errno.EACCES, 'this user may not run it'],
]);
const STDIO = [0, 1, 2];

try {
  const order = JSON.parse(process.argv[2]!) as Order;
  libc.prctl(Prctl.SET_PDEATHSIG, Signal.KILL); // the program outside carries the network: without it there is none
  setUp(order);
  become(order.command);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), OWN_FAILURE);
}

function setUp(order: Order): void {
  const { gateway, v6, resolvConf } = order;
  const tap = order.plain ? plainTap(order.tap) : newTap(order.tap);
  const interfaces = new Interfaces();
  must('lo up', interfaces.up('lo'));
  raise(interfaces, tap.name, order);
  if (v6 !== null && v6.gateway !== null) {
    must(`route by ${v6.gateway}`, interfaces.addDefaultRoute6(tap.name, bytes6(v6.gateway)));
  }
  if (gateway !== null) must(`route by ${gateway}`, interfaces.addDefaultRoute(parse4(gateway)!));
  interfaces.close();
  if (resolvConf !== null) replaceResolvConf(resolvConf);
  must('sending the TAP', sendDescriptor(CHANNEL, tap.fd));
  if (!awaitNotice(CHANNEL)) process.exit(OWN_FAILURE); // the program outside says why
  libc.close(CHANNEL);
}

function become(command: readonly string[]): void {
  const [file = ''] = command;
  libc.defaultSignal(Signal.PIPE);
  for (const fd of STDIO) libc.fcntl(fd, Fcntl.SETFD, 0); // Node closes them on exec
  const result = libc.execvp(file, command);
  fail(`${file}: ${WHY_NOT.get(-result) ?? errorName(result)}`, result === -Errno.ENOENT ? NOT_FOUND : CANNOT_RUN);
}

function fail(text: string, code: number): void {
  process.stderr.write(`reslirp: ${text}\n`);
  process.exitCode = code;
}
