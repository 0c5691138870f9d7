// A machine of v86, in a process of its own: its serial line is standard input and output, its cable a WebSocket.
//   node v86.js RELAY_URL NIC KERNEL INITRD
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';
import { WebSocket } from 'ws';

globalThis.WebSocket ??= WebSocket;
const [relay, nic, kernel, initial] = process.argv.slice(2);

/** @param {string} path */
const file = (path) => {
  const b = readFileSync(path);
  return { buffer: b.buffer.slice(b.byteOffset, b.byteOffset + b.length) };
};

const emulator = new V86({
  wasm_path: fileURLToPath(new URL('./v86.wasm', import.meta.resolve('v86'))),
  memory_size: 128 << 20, // the initrd lies at 64 MiB
  vga_memory_size: 2 << 20,
  bios: file('/usr/share/seabios/bios.bin'),
  vga_bios: file('/usr/share/seabios/vgabios-stdvga.bin'),
  bzimage: file(kernel),
  initrd: file(initial),
  cmdline: 'console=ttyS0 quiet panic=-1 tsc=unstable nokaslr mitigations=off random.trust_cpu=on',
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  net_device: { type: nic, relay_url: relay },
});
emulator.add_listener('serial0-output-byte', (byte) => process.stdout.write(Uint8Array.of(byte)));
process.stdin.on('data', (text) => emulator.serial0_send(String(text)));
process.stdin.on('end', () => process.exit());
