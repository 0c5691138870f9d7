// The whole system of a machine: busybox, the drivers of its network card, and an init that does what the serial line says.
// Packed as the kernel wants it: cpio, "newc" (Documentation/driver-api/early-userspace/buffer-format.rst of Linux).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which they need each other. Those that a kernel has built in are not there. */
const MODULES: readonly string[] = [
  ...['failover', 'net_failover', 'virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev'],
  ...['virtio_pci', 'virtio_net', '8390', 'ne2k-pci', 'ipv6'],
];

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in ${MODULES.join(' ')}; do [ -e /modules/$m.ko ] && insmod /modules/$m.ko; done
ip link set lo up
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /sys/class/net/eth0 ] && break; sleep .2; done
ip link set eth0 up
stty -echo -onlcr
echo
echo '@@ ready'
while read -r line; do
  echo '@@ begin'
  sh -c "$line" 2>&1
  echo "@@ end $?"
done
poweroff -f
`;

const UDHCPC = `#!/bin/sh
case "$1" in
  deconfig) ip -4 addr flush dev $interface; ip link set $interface up ;;
  bound|renew)
    ip -4 addr flush dev $interface
    ip addr add $ip/$mask dev $interface
    [ -z "$router" ] || ip route replace default via \${router%% *} dev $interface
    for d in $dns; do echo nameserver $d; done > /etc/resolv.conf
    echo "leased $ip from $serverid" ;;
esac
`;

const DIRECTORY = 0o040_755;
const PROGRAM = 0o100_755;

/** `modules`: a directory of .ko files. `busybox`: a static one. */
export function initrd(modules: string, busybox: string): Buffer {
  const entries: [string, number, Buffer][] = ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'root', 'modules'].map(
    (name) => [name, DIRECTORY, Buffer.alloc(0)],
  );
  for (const name of MODULES) {
    const path = join(modules, `${name}.ko`);
    if (existsSync(path)) entries.push([`modules/${name}.ko`, PROGRAM, readFileSync(path)]);
  }
  entries.push(['bin/busybox', PROGRAM, readFileSync(busybox)]);
  entries.push(['etc/udhcpc.sh', PROGRAM, Buffer.from(UDHCPC)], ['init', PROGRAM, Buffer.from(INIT)]);
  const packed = entries.map(([name, mode, content], i) => entry(name, mode, content, i + 1));
  return Buffer.concat([...packed, entry('TRAILER!!!', 0, Buffer.alloc(0), 0)]);
}

function entry(name: string, mode: number, content: Buffer, inode: number): Buffer {
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([aligned(Buffer.from(head)), aligned(content)]);
}

function aligned(b: Buffer): Buffer {
  return Buffer.concat([b, Buffer.alloc(-b.length & 3)]);
}
