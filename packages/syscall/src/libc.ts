// The calls themselves. Each returns what the system call of its name returns, or minus the error's number: nothing throws.
// A call that waits may come back with -EINTR.
// Sources: the manual pages of section 2, and <bits/…> of glibc; all types are those of LP64, little-endian.
import koffi from 'koffi';

if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
  throw new Error(`@reslirp/syscall is for Linux on x64 and arm64, not for ${process.platform} on ${process.arch}`);
}

const libc = koffi.load(null);

/** What koffi makes of a signature. It returns -1 and leaves the error in errno. */
type Native<A extends unknown[]> = (...args: A) => number;

// One wrapper for each number of arguments: a rest parameter would cost an array per call.

function call1<A>(signature: string): (a: A) => number {
  const native = libc.func(signature) as Native<[A]>;
  return (a) => {
    const result = native(a);
    return result === -1 ? -koffi.errno() : result;
  };
}

function call2<A, B>(signature: string): (a: A, b: B) => number {
  const native = libc.func(signature) as Native<[A, B]>;
  return (a, b) => {
    const result = native(a, b);
    return result === -1 ? -koffi.errno() : result;
  };
}

function call3(signature: string): (a: number, b: number, c: number) => number {
  const native = libc.func(signature) as Native<[number, number, number]>;
  return (a, b, c) => {
    const result = native(a, b, c);
    return result === -1 ? -koffi.errno() : result;
  };
}

function call4(signature: string): (a: number, b: number, c: number, d: number) => number {
  const native = libc.func(signature) as Native<[number, number, number, number]>;
  return (a, b, c, d) => {
    const result = native(a, b, c, d);
    return result === -1 ? -koffi.errno() : result;
  };
}

type Six = (a: number, b: number, c: number, d: number, e: number, f: number) => number;

function call6(signature: string): Six {
  const native = libc.func(signature) as Native<[number, number, number, number, number, number]>;
  return (a, b, c, d, e, f) => {
    const result = native(a, b, c, d, e, f);
    return result === -1 ? -koffi.errno() : result;
  };
}

type Five = (a: number, b: number, c: number, d: number, e: number) => number;

function call5(signature: string): Five {
  const native = libc.func(signature) as Native<[number, number, number, number, number]>;
  return (a, b, c, d, e) => {
    const result = native(a, b, c, d, e);
    return result === -1 ? -koffi.errno() : result;
  };
}

export const close: (fd: number) => number = call1<number>('int close(int)');
export const read: (fd: number, address: number, size: number) => number = call3('int64 read(int, uintptr_t, size_t)');
export const write: (fd: number, address: number, size: number) => number = call3(
  'int64 write(int, uintptr_t, size_t)',
);
export const writev: (fd: number, vector: number, count: number) => number = call3('int64 writev(int, uintptr_t, int)');
export const recv: (fd: number, address: number, size: number, flags: number) => number = call4(
  'int64 recv(int, uintptr_t, size_t, int)',
);
export const send: (fd: number, address: number, size: number, flags: number) => number = call4(
  'int64 send(int, uintptr_t, size_t, int)',
);
export const recvmsg: (fd: number, message: number, flags: number) => number = call3(
  'int64 recvmsg(int, uintptr_t, int)',
);
export const sendmsg: (fd: number, message: number, flags: number) => number = call3(
  'int64 sendmsg(int, uintptr_t, int)',
);
export const recvmmsg: (fd: number, vector: number, count: number, flags: number, timeout: number) => number = call5(
  'int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)',
);
export const sendmmsg: (fd: number, vector: number, count: number, flags: number) => number = call4(
  'int sendmmsg(int, uintptr_t, uint32_t, int)',
);
export const socket: (family: number, type: number, protocol: number) => number = call3('int socket(int, int, int)');
export const socketpair: (family: number, type: number, protocol: number, pair: number) => number = call4(
  'int socketpair(int, int, int, uintptr_t)',
);
export const connect: (fd: number, name: number, size: number) => number = call3(
  'int connect(int, uintptr_t, uint32_t)',
);
export const bind: (fd: number, name: number, size: number) => number = call3('int bind(int, uintptr_t, uint32_t)');
export const getsockname: (fd: number, name: number, size: number) => number = call3(
  'int getsockname(int, uintptr_t, uintptr_t)',
);
export const shutdown: (fd: number, how: number) => number = call2<number, number>('int shutdown(int, int)');
export const setsockopt: (fd: number, level: number, name: number, value: number, size: number) => number = call5(
  'int setsockopt(int, int, int, uintptr_t, uint32_t)',
);
export const getsockopt: (fd: number, level: number, name: number, value: number, size: number) => number = call5(
  'int getsockopt(int, int, int, uintptr_t, uintptr_t)',
);
export const yieldCpu: () => number = libc.func('int sched_yield()') as () => number;
export const usleep: (microseconds: number) => number = call1<number>('int usleep(uint32_t)');
export const epollCreate: (flags: number) => number = call1<number>('int epoll_create1(int)');
export const epollCtl: (fd: number, operation: number, target: number, event: number) => number = call4(
  'int epoll_ctl(int, int, int, uintptr_t)',
);
export const epollWait: (fd: number, events: number, most: number, timeout: number) => number = call4(
  'int epoll_wait(int, uintptr_t, int, int)',
);
export const eventfd: (value: number, flags: number) => number = call2<number, number>('int eventfd(uint32_t, int)');
export const open: (path: string, flags: number) => number = call2<string, number>('int open(str, int)');
export const unlink: (path: string) => number = call1<string>('int unlink(str)');
export const dup2: (fd: number, target: number) => number = call2<number, number>('int dup2(int, int)');
/** pipe2(2): two descriptors at `pair`, to read from and to write to. */
export const pipe: (pair: number, flags: number) => number = call2<number, number>('int pipe2(uintptr_t, int)');
export const setns: (fd: number, type: number) => number = call2<number, number>('int setns(int, int)');
export const unshare: (flags: number) => number = call1<number>('int unshare(int)');
export const umount: (target: string, flags: number) => number = call2<string, number>('int umount2(str, int)');
export const sendto: (
  fd: number,
  address: number,
  size: number,
  flags: number,
  name: number,
  nameSize: number,
) => number = call6('int64 sendto(int, uintptr_t, size_t, int, uintptr_t, uint32_t)');
export const fcntl: (fd: number, command: number, value: number) => number = variadic(
  'int fcntl(int, int, ...)',
  'long',
);
export const ioctl: (fd: number, request: number, argument: number) => number = variadic(
  'int ioctl(int, ulong, ...)',
  'uintptr_t',
);

export const listen: (fd: number, backlog: number) => number = call2<number, number>('int listen(int, int)');
/** accept4(2). */
export const accept: (fd: number, name: number, size: number, flags: number) => number = call4(
  'int accept4(int, uintptr_t, uintptr_t, int)',
);
export const pivotRoot: (root: string, old: string) => number = call2<string, string>('int pivot_root(str, str)');
export const capset: (header: number, data: number) => number = call2<number, number>(
  'int capset(uintptr_t, uintptr_t)',
);

const nativeCall = libc.func('long syscall(long, ...)') as Native<
  [number, string, number, string, number, string, number]
>;

/** syscall(2), for what the C library has no name for. */
export function systemCall(number: number, a: number, b: number, c: number): number {
  const result = Number(nativeCall(number, 'ulong', a, 'ulong', b, 'ulong', c));
  return result === -1 ? -koffi.errno() : result;
}

const nativeMount = libc.func('int mount(str, str, str, ulong, str)') as Native<
  [string, string, string | null, number, string | null]
>;

export function mount(source: string, target: string, type: string | null, flags: number, data: string | null): number {
  const result = nativeMount(source, target, type, flags, data);
  return result === -1 ? -koffi.errno() : result;
}

const nativeExec = libc.func('int execvp(str, const char **)') as Native<[string, (string | null)[]]>;

/** Becomes another program, found in PATH. Returns only to say why not: minus an error. */
export function execvp(file: string, args: readonly string[]): number {
  nativeExec(file, [...args, null]);
  return -koffi.errno();
}

const nativeSignal = libc.func('void *signal(int, uintptr_t)') as (signal: number, handler: number) => unknown;

/** What `signal` does by default, it does again. Node ignores SIGPIPE, and whoever it becomes would too. */
export function defaultSignal(signal: number): void {
  nativeSignal(signal, 0);
}

const nativePrctl = libc.func('int prctl(int, ...)') as Native<
  [number, string, number, string, number, string, number, string, number]
>;

/** prctl(2); options want the arguments that they do not use to be 0. */
export function prctl(option: number, a: number, b: number = 0): number {
  const result = nativePrctl(option, 'ulong', a, 'ulong', b, 'ulong', 0, 'ulong', 0);
  return result === -1 ? -koffi.errno() : result;
}

/** On arm64 variadic arguments may travel elsewhere than others do. */
function variadic(signature: string, type: string): (a: number, b: number, c: number) => number {
  const native = libc.func(signature) as Native<[number, number, string, number]>;
  return (a, b, c) => {
    const result = native(a, b, type, c);
    return result === -1 ? -koffi.errno() : result;
  };
}
