// The way to the far host has routers, and the guest hears each of them: ping, traceroute and mtr through the network.
//
//   guest --- slirp4netns on 10.1.0.1 --- 10.1.0.2 --- 10.2.0.2 --- 10.3.0.2
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
  at $1 ip a add 10.$3.0.1/24 dev l$3; at $1 ip link set l$3 up; at $1 ip link set lo up
  at $2 ip a add 10.$3.0.2/24 dev r$3; at $2 ip link set r$3 up; at $2 ip link set lo up
}
HERE=$$; new NEAR; new MIDDLE; new FAR; new GUEST
sleep 0.2
link $HERE $NEAR 1; link $NEAR $MIDDLE 2; link $MIDDLE $FAR 3
for n in $NEAR $MIDDLE $FAR; do
  at $n sh -c 'cd /proc/sys/net/ipv4; echo 1 > ip_forward; echo 0 > icmp_ratelimit; echo 0 > icmp_ratemask'
done
at $HERE ip r add default via 10.1.0.2; at $NEAR ip r add 10.3.0.0/24 via 10.2.0.2
at $MIDDLE ip r add 10.1.0.0/24 via 10.2.0.1; at $FAR ip r add default via 10.3.0.1
at $NEAR ip r add prohibit 10.7.0.0/16; at $NEAR ip r add unreachable 10.8.0.0/16
${pingSockets ? 'echo "0 0" > /proc/sys/net/ipv4/ping_group_range' : ''}
mkfifo /tmp/ready-$$; ${SLIRP4NETNS.join(' ')} -c -r 3 $GUEST tap0 3>/tmp/ready-$$ >/dev/null &
read -n 1 ready < /tmp/ready-$$; rm /tmp/ready-$$
set +e
say() { echo "== $1"; at $GUEST "\${@:2}" 2>&1; }
say ping ping -c 2 -i 0.2 -W 2 10.3.0.2
say large ping -c 1 -s 3000 -W 2 10.3.0.2
say ttl ping -c 1 -t 2 -W 2 10.3.0.2
say udp traceroute -n -q 1 -w 2 10.3.0.2
say icmp traceroute -n -I -q 1 -w 2 10.3.0.2
say mtr mtr -n -r -c 1 10.3.0.2
say prohibited ping -c 1 -W 2 10.7.0.1
say unreachable ping -c 1 -W 2 10.8.0.1
say port socat -t 2 -T 2 - udp:10.3.0.2:9
say tcp socat -u /dev/null tcp:10.8.0.1:80,connect-timeout=2
`;

describe.skipIf(why !== null)(`routers${why === null ? '' : `: skipped, ${why}`}`, () => {
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
      expect(said.get('large')).toContain('3008 bytes from 10.3.0.2');
    });

    test('a TTL that ends on the way is told by the router where it ended', () => {
      expect(said.get('ttl')).toContain('From 10.1.0.2 icmp_seq=1 Time to live exceeded');
    });

    test.each(['udp', 'icmp', 'mtr'])('every hop, in order: %s', (how) => {
      const hops = [...said.get(how)!.matchAll(/^\s*\d+\.?[|\s-]+(10\.\d+\.\d+\.\d+)/gm)].map(([, hop]) => hop);
      expect(hops, said.get(how)).toEqual(['10.0.2.2', '10.1.0.2', '10.2.0.2', '10.3.0.2']);
    });

    test('what a router refuses, it says itself', () => {
      expect(said.get('prohibited')).toContain('From 10.1.0.2 icmp_seq=1 Packet filtered');
      expect(said.get('unreachable')).toContain('From 10.1.0.2 icmp_seq=1 Destination Host Unreachable');
    });

    test('a closed port of UDP, and no way for TCP', () => {
      expect(said.get('port')).toContain('Connection refused');
      expect(said.get('tcp')).toContain('No route to host');
    });
  });
});
