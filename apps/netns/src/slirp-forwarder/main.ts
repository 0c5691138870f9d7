// slirp-forwarder: a new network namespace at a path, with a TAP inside and the network out here.
import { parseArgs } from 'node:util';
import { Ending, Level, Log, Plane, showOnSignal } from '@reslirp/runtime/plane';
import { Failure, fail } from '../failure.ts';
import { NamespaceMount } from '../namespace/mount.ts';
import { makeThere } from '../namespace/visit.ts';
import { layoutOf, networkSettings } from '../network.ts';
import { version } from '../version.ts';

const PROGRAM = 'slirp-forwarder';
const CIDR = '10.0.2.0/24';
/** What CONFIGURE_NETWORK gives the interface, as in the original. */
const ADDRESS = '10.0.2.10';
const HELP = `Usage: ${PROGRAM} [OPTION]... PATH

A new network namespace, mounted on the file PATH, whose way out are the sockets of this process. It
needs root, or namespaces in which it is root: unshare --map-root-user --mount ${PROGRAM} PATH

  -m, --mtu=MTU                largest packet (1500; 68 to 65521)
      --disable-host-loopback  keep the namespace from 127.0.0.1:* of this machine
      --disable-dns            no nameserver at 10.0.2.3
  -d, --debug                  say more on stderr; twice: even more
  -h, --help                   show this help and exit
  -v, --version                show the version and exit

Inside is a TAP, tap0, and DHCP gives it ${CIDR}: gateway 10.0.2.2 (this machine), nameserver 10.0.2.3.
With CONFIGURE_NETWORK in the environment it is up, and has ${ADDRESS} and the route, without DHCP.
SIGINT and SIGTERM unmount PATH and end the network.

  touch ns; unshare --map-root-user --mount
  ${PROGRAM} ns &
  nsenter --net=ns dhclient tap0
`;

/** The data plane has loaded its code, or there is none. */
let loaded: Promise<void> = Promise.resolve();

main(process.argv.slice(2)).catch((error) => fail(PROGRAM, error, loaded));

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = read(args);
  if (values.help === true) process.stdout.write(HELP);
  else if (values.version === true) process.stdout.write(`${PROGRAM} (reslirp) ${version()}\n`);
  else await network(positionals, values);
}

type Values = ReturnType<typeof read>['values'];

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        mtu: { type: 'string', short: 'm', default: '1500' },
        'disable-host-loopback': { type: 'boolean', default: false },
        'disable-dns': { type: 'boolean', default: false },
        debug: { type: 'boolean', short: 'd', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    const [complaint] = (error as Error).message.split('. ');
    throw new Failure(`${complaint}; --help lists all options`);
  }
}

async function network(positionals: readonly string[], values: Values): Promise<void> {
  const [path] = positionals;
  if (path === undefined) throw new Failure('please specify the network namespace destination file');
  if (positionals.length > 1) throw new Failure(`'${positionals[1]}': nothing follows the path; see --help`);
  const mtu = /^\d{1,5}$/.test(values.mtu) ? Number(values.mtu) : 0;
  if (mtu < 68 || mtu > 65_521) throw new Failure(`--mtu: '${values.mtu}' is not a whole number from 68 to 65521`);
  const layout = layoutOf(CIDR);
  const level = [Level.WARN, Level.DEBUG][values.debug.length] ?? Level.TRACE;
  const log = new Log(level, process.stderr, PROGRAM);
  process.stderr.on('error', () => {}); // nobody reads it any more: the network goes on
  const choices = { layout, mtu, level, dns: !values['disable-dns'], hostLoopback: !values['disable-host-loopback'] };
  const settings = networkSettings({ ...choices, ipv6: false });
  const configuration =
    process.env['CONFIGURE_NETWORK'] === undefined
      ? null
      : { mtu, address: ADDRESS, prefix: layout.prefix, gateway: layout.gateway, mac: null };
  const mount = new NamespaceMount(path);
  const plane = new Plane(settings, log); // it starts while the namespace is made
  loaded = plane.loaded;
  mount.guard();
  const tap = await makeThere({ to: { newOn: mount.path }, interface: { name: 'tap%d', configuration } });
  const ending = new Ending(log);
  showOnSignal(log, () => plane.snapshots());
  ending.onEnd = () => {
    mount.detach();
    plane.close();
  };
  plane.serve(
    { kind: 'tap', fd: tap.fd, name: tap.name },
    {
      onServing: () => process.stdout.write(`mounted to '${path}'\n`),
      onEnd: (error) => ending.cableEnded(error),
    },
  );
}
