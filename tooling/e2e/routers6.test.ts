// As routers.test.ts, by IPv6: ping, traceroute and mtr see every router, and what is refused on the way says so.
//
//   guest --- slirp4netns -6 on fd01::1 --- fd01::2 --- fd02::2 --- fd03::2
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from './guest.ts';
import { SLIRP4NETNS } from './namespace.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('ping', 'traceroute', 'mtr', 'socat');
/** All of it lives in these, and ends with them. */
const WORLD = ['unshare', '-r', '-n', '-m', '-p', '-f', '--mount-proc', '--kill-child', 'bash', '-c'];

const script = (pingSockets: boolean): string => `
set -e
new() { unshare -n sleep 60 & eval $1=$!; }
at() { nsenter -t $1 -n "\${@:2}"; }
link() {
  at $1 ip link add l$3 type veth peer name r$3 netns $2
  at $1 ip a add fd0$3::1/64 dev l$3 nodad; at $1 ip link set l$3 up; at $1 ip link set lo up
  at $2 ip a add fd0$3::2/64 dev r$3 nodad; at $2 ip link set r$3 up; at $2 ip link set lo up
}
HERE=$$; new NEAR; new MIDDLE; new FAR; new GUEST
sleep 0.2
link $HERE $NEAR 1; link $NEAR $MIDDLE 2; link $MIDDLE $FAR 3
for n in $NEAR $MIDDLE $FAR; do
  at $n sh -c 'cd /proc/sys/net/ipv6; echo 1 > conf/all/forwarding; echo 0 > icmp/ratelimit'
done
at $HERE ip r add default via fd01::2; at $NEAR ip r add fd03::/64 via fd02::2
at $MIDDLE ip r add fd01::/64 via fd02::1; at $FAR ip r add default via fd03::1
at $NEAR ip r add prohibit fd07::/64; at $NEAR ip r add unreachable fd08::/64
${pingSockets ? 'echo "0 0" > /proc/sys/net/ipv4/ping_group_range' : ''}
mkfifo /tmp/ready-$$; ${SLIRP4NETNS.join(' ')} -c -6 -r 3 $GUEST tap0 3>/tmp/ready-$$ >/dev/null &
read -n 1 ready < /tmp/ready-$$; rm /tmp/ready-$$
set +e
for i in $(seq 60); do at $GUEST ip -6 a show dev tap0 scope global -tentative | grep -q inet6 && break; sleep 0.1; done
say() { echo "== $1"; at $GUEST "\${@:2}" 2>&1; }
say ping ping -c 2 -i 0.2 -W 2 fd03::2
say large ping -c 1 -s 3000 -W 2 fd03::2
say ttl ping -c 1 -t 2 -W 2 fd03::2
say udp traceroute -6 -n -q 1 -w 2 fd03::2
say icmp traceroute -6 -n -I -q 1 -w 2 fd03::2
say mtr mtr -6 -n -r -c 1 fd03::2
say prohibited ping -c 1 -W 2 fd07::1
say unreachable ping -c 1 -W 2 fd08::1
say port socat -t 2 -T 2 - udp6:[fd03::2]:9
say tcp socat -u /dev/null tcp6:[fd08::1]:80,connect-timeout=2
`;

describe.skipIf(why !== null)(`routers of IPv6${why === null ? '' : `: skipped, ${why}`}`, () => {
  describe.each([
    ['ping sockets', true],
    ['raw sockets', false],
  ])('by %s', (_kind, pingSockets) => {
    let said: Map<string, string>;

    beforeAll(async () => {
      const { out, err } = await run([...WORLD, script(pingSockets)], 50_000, 'x');
      const parts = out.split(/^== /m).slice(1);
      said = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
      expect(said.size, out + err).toBe(10);
    }, 60_000);

    test('ping: answers of the far host, small and in fragments', () => {
      expect(said.get('ping')).toContain('2 received');
      expect(said.get('large')).toContain('3008 bytes from fd03::2');
    });

    test('a TTL that ends on the way is told by the router where it ended', () => {
      expect(said.get('ttl')).toContain('From fd01::2 icmp_seq=1 Time exceeded: Hop limit');
    });

    test.each(['udp', 'icmp', 'mtr'])('every hop, in order: %s', (how) => {
      const hops = [...said.get(how)!.matchAll(/^\s*\d+\.?[|\s-]+(fd[0-9a-f:]+)/gm)].map(([, hop]) => hop);
      expect(hops, said.get(how)).toEqual(['fd00::2', 'fd01::2', 'fd02::2', 'fd03::2']);
    });

    test('what a router refuses, it says itself', () => {
      expect(said.get('prohibited')).toContain(
        'From fd01::2 icmp_seq=1 Destination unreachable: Administratively prohibited',
      );
      expect(said.get('unreachable')).toContain('From fd01::2 icmp_seq=1 Destination unreachable: No route');
    });

    test('a closed port of UDP, and no way for TCP', () => {
      expect(said.get('port')).toContain('Connection refused');
      expect(said.get('tcp')).toContain('Network is unreachable');
    });
  });
});
