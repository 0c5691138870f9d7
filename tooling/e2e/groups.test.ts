// Datagrams to everybody and to groups: a namespace with a network card (veth) is the host, and one within it the guest.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RESLIRP } from './guest.ts';
import { Namespace } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

vi.setConfig({ testTimeout: 40_000 });

const why = missingForNamespace('python3');

const HOST = `ip link set lo up
ip link add d0 type veth peer name d1
ip link set d1 addrgenmode none; ip link set d0 up; ip link set d1 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip route add default via 192.0.2.254
ip -6 route add default via 2001:db8::fe dev d0
ip -6 route add multicast ff00::/8 dev d0 table local metric 1`;

/** Hears on one port, by a group of each version too; says what, and how many hops were left, and answers. */
const LISTENER = `
import select, socket, struct
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.bind(('', 5000))
four.setsockopt(socket.IPPROTO_IP, 12, 1)
four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('239.1.2.3') + socket.inet_aton('192.0.2.1'))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
six.bind(('::', 5000))
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
  socket.inet_pton(socket.AF_INET6, 'ff05::1:2') + struct.pack('i', socket.if_nametoindex('d0')))
print('ready', flush=True)
while True:
    for one in select.select([four, six], [], [])[0]:
        data, extra, _, who = one.recvmsg(2000, 200)
        hops = struct.unpack('i', extra[0][2])[0]
        one.sendto(b'%s, %d hops left' % (data, hops), who)
`;

/** Says to each place who is there, and prints what comes back, and from where. */
const ASKER = `
import socket, sys
for spec in sys.argv[1:]:
    place, ttl = spec.split(',')
    family = socket.AF_INET6 if ':' in place else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
        s.setsockopt(socket.IPPROTO_IP, 11, 1)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, int(ttl))
    try:
        s.sendto(place.encode(), (place, 5000))
        data, who = s.recvfrom(2000)
        print(data.decode(), 'from', who[0])
    except OSError as e:
        print(place, 'timeout' if type(e) is TimeoutError else e)
`;

describe.skipIf(why !== null)(`everybody and groups${why === null ? '' : `: skipped, ${why}`}`, () => {
  let host: Namespace;

  beforeEach(async () => {
    host = await Namespace.make();
    expect(await host.sh(HOST)).toBe('');
    const listener = host.start(['python3', '-c', LISTENER], 'pipe');
    await once(listener.stdout!, 'data');
  });
  afterEach(() => host.remove());

  const asked = async (places: readonly string[], ...options: readonly string[]): Promise<string[]> => {
    const isUp = options.includes('--ipv6')
      ? 'ip -6 addr show dev tap0 scope global -tentative | grep -q fd00'
      : 'true';
    const line = `for i in $(seq 50); do ${isUp} && break; sleep 0.1; done; exec python3 -c "$0" "$@"`;
    const guest = ['sh', '-c', line, ASKER, ...places];
    const { out, err } = await host.run([...RESLIRP, 'run', ...options, '--', ...guest], 30_000);
    if (out === '') throw new Error(err);
    return out.trim().split('\n');
  };

  test.each(['linux', 'node'])(
    'of --host %s: the gateway is one of everybody, and the host’s networks have the groups',
    async (kind) => {
      const places = ['255.255.255.255,1', '10.0.2.255,1', '239.1.2.3,5', 'ff02::1,1', 'ff05::1:2,5'];
      expect(await asked(places, '--host', kind, '--ipv6')).toEqual([
        expect.stringMatching(/^255\.255\.255\.255, \d+ hops left from 10\.0\.2\.2$/),
        expect.stringMatching(/^10\.0\.2\.255, \d+ hops left from 10\.0\.2\.2$/),
        '239.1.2.3, 4 hops left from 192.0.2.1',
        expect.stringMatching(/^ff02::1, \d+ hops left from fd00::2$/),
        expect.stringMatching(/^ff05::1:2, 4 hops left from (2001:db8::1|fe80::)/),
      ]);
    },
  );

  test('a broadcast address of the host’s own networks is outside like any other', async () => {
    expect(await asked(['192.0.2.255,1'], '--no-ipv6')).toEqual([
      expect.stringMatching(/^192\.0\.2\.255, .* from 192/),
    ]);
  });

  test('what has no hop left, or is denied, or whose loopback is closed, comes to nobody; and no error is heard', async () => {
    const places = ['239.1.2.3,1', '239.1.2.3,5', '255.255.255.255,1'];
    expect(await asked(places, '--no-ipv6', '--deny', 'multicast', '--disable-host-loopback')).toEqual([
      '239.1.2.3 timeout',
      '239.1.2.3 timeout',
      '255.255.255.255 timeout',
    ]);
  });
});
