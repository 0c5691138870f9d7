// What a machine that boots is, by the numbers of RFC 4578 2.1 and of IANA's registry after it. Both DHCPs have them.

const NAMES: readonly string[] = [
  'x86 BIOS',
  'NEC PC98',
  'EFI Itanium',
  'DEC Alpha',
  'Arc x86',
  'Intel Lean Client',
  'EFI x86',
  'EFI x86-64',
  'EFI Xscale',
  'EFI BC',
  'EFI ARM 32',
  'EFI ARM 64',
  'PowerPC Open Firmware',
  'PowerPC ePAPR',
  'POWER OPAL',
  'EFI x86 HTTP',
  'EFI x86-64 HTTP',
  'EFI BC HTTP',
  'EFI ARM 32 HTTP',
  'EFI ARM 64 HTTP',
];

export function architecture(number: number): string {
  return NAMES[number] ?? '';
}
