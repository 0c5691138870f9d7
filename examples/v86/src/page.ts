// A machine, its serial line on the page, and a network: ?relay=ws://127.0.0.1:8080/ through `reslirp --ws 8080`, and with
// nothing said the one that is in the page itself.
import { V86 } from 'v86';
import { startNetwork } from './network.ts';

declare global {
  /** Text for the machine's serial line: for those who drive the page. */
  var type: (text: string) => void;
}

const query = new URLSearchParams(location.search);
const relay = query.get('relay');
const nic = query.get('nic') === 'ne2k' ? 'ne2k' : 'virtio';
const screen = document.querySelector('#screen')!;
const network = document.querySelector('#network')!;

const emulator = new V86({
  wasm_path: '/v86/v86.wasm',
  memory_size: 128 << 20,
  vga_memory_size: 2 << 20,
  bios: { url: '/system/bios' },
  vga_bios: { url: '/system/vgabios' },
  bzimage: { url: '/system/kernel' },
  initrd: { url: '/system/initrd' },
  cmdline: 'console=ttyS0 quiet panic=-1 tsc=unstable nokaslr mitigations=off random.trust_cpu=on',
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  net_device: { type: nic, ...(relay === null ? {} : { relay_url: relay }) },
});

if (relay === null) startNetwork(emulator);
network.textContent = `network: ${relay ?? 'in this page'}`;

emulator.add_listener('serial0-output-byte', (byte: number) => {
  if (byte !== 13) screen.textContent += String.fromCharCode(byte);
});
globalThis.type = (text) => emulator.serial0_send(text);
document.querySelector('form')!.addEventListener('submit', (event) => {
  event.preventDefault();
  const input = document.querySelector('input')!;
  globalThis.type(`${input.value}\n`);
  input.value = '';
});
