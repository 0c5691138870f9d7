#!/bin/sh
# The kernels of the machines in these tests: Debian's, taken out of its packages and not installed. Needs apt and dpkg, no root.
#   fetch.sh amd64      for QEMU
#   fetch.sh i386       for v86, with a static busybox
set -eu
arch=$1
target=$(cd "$(dirname "$0")/../../.." && pwd)/node_modules/.cache/reslirp-machine/$arch
[ -e "$target/vmlinuz" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
case $arch in
  amd64) meta=linux-image-cloud-amd64 more= options= ;;
  i386)
    # Packages of another architecture, without telling this machine's dpkg about it
    meta=linux-image-686 more=busybox-static
    mkdir -p lists/partial
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $codename main" > sources.list
    options="-o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=/dev/null -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::Lists=$work/lists -o Dir::State::status=/dev/null -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
    apt-get -qq -o APT::Sandbox::User=root $options update
    ;;
  *) echo "fetch.sh amd64|i386" >&2; exit 2 ;;
esac
kernel=$(apt-cache $options depends $meta | awk '/Depends: linux-image/ { print $2; exit }')
apt-get -qq -o APT::Sandbox::User=root $options download $kernel $more
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir -p "$target"
find root/lib/modules root/usr/lib/modules -name '*.ko' 2>/dev/null |
  grep -E '/(failover|net_failover|virtio|virtio_ring|virtio_pci|virtio_pci_(legacy|modern)_dev|virtio_net|8390|ne2k-pci|ipv6)\.ko$' |
  xargs -I{} cp {} "$target/"
[ -z "$more" ] || cp root/bin/busybox "$target/busybox"
cp root/boot/vmlinuz-* "$target/vmlinuz"
