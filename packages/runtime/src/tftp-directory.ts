// The files of a directory, for TFTP: what guests name is found below it, and nothing else.
//
// A link is followed as far as it stays inside. What was opened is looked at once more, since a directory on the way to it may
// have been changed meanwhile. Only regular files are given; opening a FIFO does not wait for its writer.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type StatOptions,
  statSync,
} from 'node:fs';
import { sep } from 'node:path';
import { FileFault, type FileSource, type OpenFile } from '@reslirp/services/tftp';

/** Windows has none of the last three. */
const FLAGS =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
/** Inode numbers of Windows are larger than numbers are exact. */
const EXACT: StatOptions & { bigint: true } = { bigint: true };

const FAULTS: Readonly<Record<string, FileFault>> = {
  ENOENT: FileFault.NOT_FOUND,
  ENOTDIR: FileFault.NOT_FOUND,
  ENAMETOOLONG: FileFault.NOT_FOUND,
  EACCES: FileFault.DENIED,
  EPERM: FileFault.DENIED,
  ELOOP: FileFault.DENIED,
  EISDIR: FileFault.DENIED,
  // A socket, or a device without a driver
  ENXIO: FileFault.DENIED,
};

export class TftpDirectory implements FileSource {
  readonly #path: string;

  /** `path`: absolute. */
  constructor(path: string) {
    this.#path = path;
  }

  open(name: string): OpenFile | FileFault {
    if (!isName(name, process.platform === 'win32')) return FileFault.DENIED;
    try {
      return this.#open(Buffer.from(name.replace(/^\/+/, ''), 'latin1'));
    } catch (error) {
      return FAULTS[(error as NodeJS.ErrnoException).code ?? ''] ?? FileFault.FAILED;
    }
  }

  #open(name: Buffer): OpenFile | FileFault {
    const root = realpathSync.native(this.#path, 'buffer');
    const path = realpathSync.native(Buffer.concat([root, Buffer.from(sep), name]), 'buffer');
    if (!isInside(path, root)) return FileFault.DENIED;
    const fd = openSync(path, FLAGS);
    try {
      const stat = fstatSync(fd);
      if (stat.isFile() && isInside(whereIs(fd, path), root)) return new DirectoryFile(fd, stat.size);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return FileFault.DENIED;
  }
}

class DirectoryFile implements OpenFile {
  readonly size: number;
  readonly #fd: number;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  read(into: Uint8Array, at: number, end: number, position: number): number {
    let next = at;
    try {
      while (next < end) {
        const n = readSync(this.#fd, into, next, end - next, position + next - at);
        if (n === 0) break;
        next += n;
      }
      return next - at;
    } catch {
      return -1;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Windows opens these wherever they are asked for. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** One that cannot mean anything but a file below the directory. A / before it is the directory, for iPXE and U-Boot. */
export function isName(name: string, isWindows: boolean): boolean {
  if (/[\\\0]/.test(name) || (isWindows && name.includes(':'))) return false;
  return name.split('/').every((part) => part !== '..' && !(isWindows && DEVICE.test(part)));
}

/** The path of what is open: of the descriptor itself where the system tells, else `path`, if that is still the same file. */
function whereIs(fd: number, path: Buffer): Buffer {
  const told = pathOf(fd);
  if (told !== null) return told;
  const now = realpathSync.native(path, 'buffer');
  const [open, there] = [fstatSync(fd, EXACT), statSync(now, EXACT)];
  return open.dev === there.dev && open.ino === there.ino ? now : Buffer.alloc(0);
}

/** Null where there is no /proc. */
function pathOf(fd: number): Buffer | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`, 'buffer');
  } catch {
    return null;
  }
}

/** Both are real paths. The root of a file system ends with its separator, other directories do not. */
function isInside(path: Buffer, root: Buffer): boolean {
  const slash = sep.charCodeAt(0);
  const edge = root[root.length - 1] === slash ? root.length - 1 : root.length;
  return path.subarray(0, edge).equals(root.subarray(0, edge)) && (path.length === edge || path[edge] === slash);
}
