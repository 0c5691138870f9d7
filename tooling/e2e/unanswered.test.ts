// A connection that nobody answers: a namespace whose network card leads nowhere is the host, and one within it the guest.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESLIRP } from './guest.ts';
import { Namespace } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('python3');

/** The neighbour is known, and takes what is sent to it; nothing comes back. */
const HOST = `ip link set lo up
ip link add d0 type veth peer name d1
ip link set d1 addrgenmode none; ip link set d0 up; ip link set d1 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev d0 nud permanent
ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev d0 nud permanent`;

const CONNECT = `
import errno, socket, sys, time
for place in sys.argv[1:]:
    began = time.time()
    try: print(socket.create_connection((place, 80), 20))
    except OSError as e: print(place, errno.errorcode.get(e.errno, e), int(time.time() - began) >= 2)
`;

describe.skipIf(why !== null)(`nobody answers${why === null ? '' : `: skipped, ${why}`}`, () => {
  let host: Namespace;

  beforeEach(async () => {
    host = await Namespace.make();
    expect(await host.sh(HOST)).toBe('');
  });
  afterEach(() => host.remove());

  test.each(['linux', 'node'])(
    'of --host %s: the guest is told after --connect-timeout',
    async (kind) => {
      const isUp = 'ip -6 addr show dev tap0 scope global -tentative | grep -q fd00';
      const line = `for i in $(seq 50); do ${isUp} && break; sleep 0.1; done; exec python3 -c "$0" "$@"`;
      const guest = ['sh', '-c', line, CONNECT, '192.0.2.9', '2001:db8::9'];
      const options = ['run', '--connect-timeout', '2', '--ipv6', '--host', kind];
      const { out } = await host.run([...RESLIRP, ...options, '--', ...guest], 30_000);
      expect(out).toBe('192.0.2.9 EHOSTUNREACH True\n2001:db8::9 EHOSTUNREACH True\n');
    },
    40_000,
  );
});
