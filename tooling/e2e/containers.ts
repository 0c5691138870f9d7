// Who runs containers: a user without privileges, or root; and a root file system that is busybox and nothing else.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Done, run } from './guest.ts';
import { missingForNamespace } from './tools.ts';

/** Whom `.ci/run` makes for this: a user with subordinate ids. */
const USER = 'rootless';
const SOURCE = fileURLToPath(new URL('../..', import.meta.url));
const APPLETS = ['sh', 'wget', 'ip', 'cat', 'mkdir', 'httpd', 'sleep'];
const DIRECTORIES = ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp'];
const EVERYBODY = 0o006;
const isRoot = process.getuid?.() === 0;

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Null when a user without privileges can run containers here, and these tools; else what is missing. Throws in CI. */
export function missingForContainers(...tools: readonly string[]): string | null {
  const why = missingForNamespace('busybox', 'newuidmap', ...tools) ?? lackForUser();
  if (why !== null && process.env['CI']) throw new Error(`this test must run in CI, but ${why}`);
  return why;
}

function lackForUser(): string | null {
  if (isRoot && identityOf(USER) === null) return `there is no user '${USER}' for containers`;
  // As udev has it; without udev it is root's
  return (statSync('/dev/net/tun').mode & EVERYBODY) === EVERYBODY ? null : '/dev/net/tun is not for every user';
}

/** Somebody who runs containers, with a home, a configuration and a store of images of their own. */
export class Account {
  /** The program under test, at a path that this account can read. */
  readonly program: string;
  /** A directory that is a container's root. */
  readonly rootfs: string;
  readonly #directory: string;
  readonly #identity: Identity | null;

  private constructor(identity: Identity | null) {
    // Short: podman's sockets in it have long names
    this.#directory = mkdtempSync(join(tmpdir(), 'pm-'));
    this.#identity = identity;
    this.program = join(isRoot ? this.#at('src') : SOURCE, 'apps/netns/bin/slirp4netns.js');
    this.rootfs = this.#at('rootfs');
    chmodSync(this.#directory, 0o755);
    for (const path of [this.#at('src'), ...this.#own]) mkdirSync(path);
    for (const path of this.#own) if (identity !== null) chownSync(path, identity.uid, identity.gid);
    this.#furnish();
  }

  /** Without privileges: the user for containers where root runs the tests, else who runs them. */
  static user(): Account {
    return new Account(isRoot ? identityOf(USER) : null);
  }

  static root(): Account {
    return new Account(null);
  }

  /** A command of this account, that sees nothing of who runs the tests. */
  run(command: readonly string[], timeout: number = 60_000): Promise<Done> {
    return run(this.command(command), timeout);
  }

  podman(...args: readonly string[]): Promise<Done> {
    return this.run(['podman', ...args]);
  }

  /** What to execute for a command of this account. */
  command(command: readonly string[]): string[] {
    return [...this.#become(), 'env', '-i', ...this.#environment(), ...command];
  }

  /** Processes of the program under test that were begun by a command of this account. */
  programs(): string[] {
    const own = `XDG_RUNTIME_DIR=${this.#at('run')}`;
    return readdirSync('/proc').filter((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/exe`) !== realpathSync(process.execPath)) return false;
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(own);
      } catch {
        return false; // no process, or none any more
      }
    });
  }

  /** Ends what podman keeps for this account, and removes all of it. */
  async remove(): Promise<void> {
    await this.podman('rm', '--all', '--force', '--time', '0');
    await this.podman('system', 'reset', '--force'); // files of its subordinate ids, and the process that keeps those
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** The sources may lie where only root can read, so they are mounted where everybody can; nobody else sees that mount. */
  #become(): string[] {
    if (!isRoot) return [];
    const mount = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      `mount --bind '${SOURCE}' '${this.#at('src')}' && exec "$@"`,
      'sh',
    ];
    return this.#identity === null ? mount : [...mount, 'runuser', '-u', USER, '--'];
  }

  #environment(): string[] {
    return [
      'PATH=/usr/bin:/bin:/usr/sbin:/sbin',
      `HOME=${this.#at('home')}`,
      `XDG_RUNTIME_DIR=${this.#at('run')}`,
      `CONTAINERS_CONF=${this.#at('containers.conf')}`,
      `CONTAINERS_STORAGE_CONF=${this.#at('storage.conf')}`,
    ];
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }

  get #own(): string[] {
    return [
      ...['home', 'run', 'store', 'rootfs'].map((name) => this.#at(name)),
      ...DIRECTORIES.map((name) => join(this.rootfs, name)),
    ];
  }

  #furnish(): void {
    chmodSync(this.#at('run'), 0o700);
    copyFileSync('/bin/busybox', join(this.rootfs, 'bin/busybox'));
    for (const applet of APPLETS) symlinkSync('busybox', join(this.rootfs, 'bin', applet));
    writeFileSync(this.#at('containers.conf'), configuration(this.program, this.#at('run')));
    const store = `graphroot = "${this.#at('store/graph')}"\nrunroot = "${this.#at('store/run')}"`;
    writeFileSync(this.#at('storage.conf'), `[storage]\ndriver = "vfs"\n${store}\n`);
  }
}

/** runc, and cgroups by hand: crun refuses hybrid cgroups, and there need not be a systemd. */
function configuration(program: string, run: string): string {
  return `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "${run}/libpod"
network_cmd_path = "${program}"
`;
}

function identityOf(name: string): Identity | null {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}
