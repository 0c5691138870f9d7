// A filter of system calls, for all threads of the process at once: seccomp(2), <linux/filter.h>, <linux/audit.h>.
import * as libc from './libc.ts';
import { Region } from './memory.ts';

/** What becomes of a call: the process ends, or the call fails with EPERM. */
export const Denial = { KILL: 0x8000_0000, EPERM: 0x0005_0001 } as const;
export type Denial = (typeof Denial)[keyof typeof Denial];

/** By their names in the kernel. */
export type SystemCall =
  | 'execve'
  | 'execveat'
  | 'ptrace'
  | 'process_vm_readv'
  | 'process_vm_writev'
  | 'pidfd_open'
  | 'pidfd_getfd'
  | 'pidfd_send_signal'
  | 'mount'
  | 'umount2'
  | 'pivot_root'
  | 'chroot'
  | 'open_tree'
  | 'move_mount'
  | 'fsopen'
  | 'fsconfig'
  | 'fsmount'
  | 'fspick'
  | 'mount_setattr'
  | 'setns'
  | 'unshare'
  | 'init_module'
  | 'finit_module'
  | 'delete_module'
  | 'kexec_load'
  | 'kexec_file_load'
  | 'reboot'
  | 'swapon'
  | 'swapoff'
  | 'acct'
  | 'syslog'
  | 'add_key'
  | 'request_key'
  | 'keyctl'
  | 'bpf'
  | 'perf_event_open'
  | 'userfaultfd'
  | 'name_to_handle_at'
  | 'open_by_handle_at'
  | 'settimeofday'
  | 'clock_settime'
  | 'adjtimex'
  | 'sethostname'
  | 'setdomainname'
  | 'iopl'
  | 'ioperm'
  | 'prctl'
  | 'io_uring_setup';

/** Numbers on x64 and arm64; null where there is no such call. From <asm/unistd_64.h> and <asm-generic/unistd.h>. */
const NUMBERS: Readonly<Record<SystemCall, readonly [number, number | null]>> = {
  execve: [59, 221],
  execveat: [322, 281],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  setns: [308, 268],
  unshare: [272, 97],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, null],
  ioperm: [173, null],
  prctl: [157, 167],
  io_uring_setup: [425, 425],
};

/** seccomp(2) itself, AUDIT_ARCH_… of its data, and where other numberings begin (x32), which are refused whole. */
const MACHINE =
  process.arch === 'arm64'
    ? ({ column: 1, seccomp: 277, audit: 0xc000_00b7, foreign: null } as const)
    : ({ column: 0, seccomp: 317, audit: 0xc000_003e, foreign: 0x4000_0000 } as const);
const SET_FILTER = 1;
const ALL_THREADS = 1;
const Code = { LOAD: 0x20, IF_EQUAL: 0x15, IF_NOT_LESS: 0x35, RETURN: 0x06 } as const;
const ALLOW = 0x7fff_0000;
/** Where struct seccomp_data has the call's number, and the machine. */
const NUMBER = 0;
const MACHINE_AT = 4;
const INSTRUCTION = 8;

/** code, how many to skip when true, when false, and the operand. */
type Instruction = readonly [number, number, number, number];

/**
 * Denies system calls to every thread, for good; implies noNewPrivileges() for all of them. 0, or minus an error; above 0 is
 * the number of a thread that has another filter already.
 */
export function denySystemCalls(denied: Readonly<Partial<Record<SystemCall, Denial>>>): number {
  const program = assemble(filter(denied));
  const header = new Region(16);
  header.view.setUint16(0, program.bytes.length / INSTRUCTION, true);
  header.pointer(8, program.address);
  return libc.systemCall(MACHINE.seccomp, SET_FILTER, ALL_THREADS, header.address);
}

function filter(denied: Readonly<Partial<Record<SystemCall, Denial>>>): Instruction[] {
  const program: Instruction[] = [
    [Code.LOAD, 0, 0, MACHINE_AT],
    [Code.IF_EQUAL, 1, 0, MACHINE.audit],
    [Code.RETURN, 0, 0, Denial.KILL],
    [Code.LOAD, 0, 0, NUMBER],
  ];
  if (MACHINE.foreign !== null) {
    program.push([Code.IF_NOT_LESS, 0, 1, MACHINE.foreign], [Code.RETURN, 0, 0, Denial.KILL]);
  }
  for (const [name, denial] of Object.entries(denied)) {
    const number = NUMBERS[name as SystemCall][MACHINE.column];
    if (number !== null) program.push([Code.IF_EQUAL, 0, 1, number], [Code.RETURN, 0, 0, denial]);
  }
  program.push([Code.RETURN, 0, 0, ALLOW]);
  return program;
}

/** As struct sock_filter. */
function assemble(program: readonly Instruction[]): Region {
  const region = new Region(program.length * INSTRUCTION);
  for (const [i, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    const at = i * INSTRUCTION;
    region.view.setUint16(at, code, true);
    region.view.setUint8(at + 2, whenTrue);
    region.view.setUint8(at + 3, whenFalse);
    region.view.setUint32(at + 4, operand, true);
  }
  return region;
}
