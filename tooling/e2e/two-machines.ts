// Two machines, each a network namespace with files of its own, and a wire between them. The far one has an OpenSSH server, a
// network behind it that the near one does not know, a web server and a hasher in that, and a resolver that knows its name.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Done, RESLIRP, run } from './guest.ts';
import { pause } from './namespace.ts';

/** Of the wire. */
export const SERVER = '10.77.0.2';
export const SERVER6 = 'fd77::2';
/** Behind the far machine. */
export const SECRET = '192.0.2.1';
export const SECRET6 = '2001:db8:5::1';
export const NAME = 'intranet.corp.example';
const SECRET6_BYTES = '20010db8000500000000000000000001';

/** An ssh server of the far machine, each with another idea of what a login finds. */
export const PORTS = { plain: 22, noisy: 2201, nodeless: 2202, hidden: 2203, installed: 2204 } as const;

export class TwoMachines {
  readonly directory: string;
  readonly #near: ChildProcess;
  readonly #far: ChildProcess;
  readonly #started: ChildProcess[] = [];

  private constructor(directory: string, near: ChildProcess, far: ChildProcess) {
    this.directory = directory;
    this.#near = near;
    this.#far = far;
  }

  static async make(): Promise<TwoMachines> {
    const directory = mkdtempSync(join(tmpdir(), 'reslirp-two-'));
    chmodSync(directory, 0o755);
    const machine = async (name: string): Promise<ChildProcess> => {
      const file = join(directory, `${name}.conf`);
      writeFileSync(file, name === 'far' ? 'nameserver 127.0.0.1\n' : 'nameserver 192.0.2.99\n');
      const line = `ip link set lo up; mount --bind ${file} /etc/resolv.conf; echo ready; exec sleep 600`;
      const keeper = spawn('unshare', ['-n', '-m', '--propagation', 'private', 'sh', '-c', line], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(keeper.stdout!, 'data');
      return keeper;
    };
    const both = new TwoMachines(directory, await machine('near'), await machine('far'));
    await both.#wire();
    await both.#serve();
    return both;
  }

  get farPid(): number {
    return this.#far.pid!;
  }

  near(line: string, timeout?: number): Promise<Done> {
    return run([...enter(this.#near), 'sh', '-c', line], timeout);
  }

  far(line: string, timeout?: number): Promise<Done> {
    return run([...enter(this.#far), 'sh', '-c', line], timeout);
  }

  /** As a user who is nobody. */
  nearAsNobody(command: readonly string[], timeout?: number): Promise<Done> {
    return run(
      [...enter(this.#near), 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...command],
      timeout,
    );
  }

  /** ssh with its options. The user `nobody` has a key of his own. */
  ssh(port: number = PORTS.plain, key: string = 'key'): string {
    const { directory: d } = this;
    return `ssh -p ${port} -i ${d}/${key} -o IdentitiesOnly=yes -o UserKnownHostsFile=${d}/known -o BatchMode=yes`;
  }

  /** The program on the near machine. */
  start(args: readonly string[]): ChildProcess {
    return spawn(enter(this.#near)[0]!, [...enter(this.#near).slice(1), ...RESLIRP, 'tunnel', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${this.directory}/fake:${process.env['PATH']}` },
    });
  }

  async stop(): Promise<void> {
    for (const child of [...this.#started, this.#near, this.#far]) child.kill('SIGKILL');
    await this.#killServers();
    rmSync(this.directory, { recursive: true });
  }

  async #wire(): Promise<void> {
    const done = await run([
      'sh',
      '-ec',
      `ip link add wire0 netns ${this.#near.pid} type veth peer name wire0 netns ${this.#far.pid}`,
    ]);
    if (done.code !== 0) throw new Error(done.err);
    const quiet = 'sysctl -qw net.ipv6.conf.wire0.accept_dad=0 net.ipv6.conf.wire0.accept_ra=0';
    const up = (host: number): string =>
      `${quiet}; ip addr add 10.77.0.${host}/24 dev wire0; ip addr add fd77::${host}/64 dev wire0 nodad; ip link set wire0 up`;
    await this.near(`${up(1)}; ip route add default via 10.77.0.3`);
    await this.far(`${up(2)}; ip addr add ${SECRET}/24 dev lo; ip addr add ${SECRET6}/64 dev lo`);
  }

  async #serve(): Promise<void> {
    const { directory: d } = this;
    const setUp = await run([
      'sh',
      '-ec',
      `cd ${d}; mkdir -p web empty bare /run/sshd
      for k in host key nobodykey; do ssh-keygen -q -t ed25519 -N '' -f $k; done
      cat key.pub nobodykey.pub > authorized; chmod 600 authorized; chown 65534:65534 nobodykey
      head -c 8000000 /dev/urandom > web/file; echo hello from far > web/hello`,
    ]);
    if (setUp.code !== 0) throw new Error(setUp.err);
    symlinkSync('/bin/sh', join(d, 'bare/sh'));
    this.#homes();
    const key = readFileSync(join(d, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const names = [SERVER, SERVER6].flatMap((at) => [at, ...Object.values(PORTS).map((port) => `[${at}]:${port}`)]);
    writeFileSync(join(d, 'known'), names.map((name) => `${name} ${key}\n`).join(''));
    for (const [name, port] of Object.entries(PORTS)) {
      writeFileSync(join(d, `sshd-${name}`), this.#sshd(name as keyof typeof PORTS, port));
      await this.far(
        `${HIDE_NODE[name] ?? ''} $(command -v sshd || echo /usr/sbin/sshd) -f ${d}/sshd-${name} -E ${d}/log-${name}`,
      );
    }
    const servers = [
      ['busybox', 'httpd', '-f', '-p', `${SECRET}:80`, '-h', `${d}/web`],
      ['busybox', 'httpd', '-f', '-p', `[${SECRET6}]:80`, '-h', `${d}/web`],
      ['socat', `TCP-LISTEN:81,bind=${SECRET},reuseaddr,fork`, 'EXEC:sha256sum'],
      [process.execPath, fileURLToPath(new URL('far-names.js', import.meta.url)), NAME, SECRET, SECRET6_BYTES],
    ];
    for (const command of servers) this.#background(command);
    for (let i = 0; i < 100; i++) {
      const { code } = await this.far(
        `busybox wget -q -O /dev/null http://${SECRET}/hello && ssh-keyscan -p 2204 ${SERVER} >/dev/null 2>&1`,
      );
      if (code === 0) return;
      await pause(50);
    }
    const { out } = await this.far(`ip -br addr; ss -ltn; cat ${d}/log-*`);
    await this.stop();
    throw new Error(`the far machine never came up:\n${out}`);
  }

  /** What logins find at home: a talkative shell, and a Node that only its rc file would find. */
  #homes(): void {
    const d = this.directory;
    mkdirSync(join(d, 'home-noisy'));
    writeFileSync(join(d, 'noise'), `Welcome to far!\n${'='.repeat(60)}\n\x00\x01\xff no frame\n`);
    mkdirSync(join(d, 'home-hidden/.volta/bin'), { recursive: true });
    symlinkSync(process.execPath, join(d, 'home-hidden/.volta/bin/node'));
    mkdirSync(join(d, 'bin'));
    symlinkSync(process.execPath, join(d, 'bin/node'));
    mkdirSync(join(d, 'bin-installed'));
    symlinkSync(process.execPath, join(d, 'bin-installed/node'));
    symlinkSync(RESLIRP[1]!, join(d, 'bin-installed/reslirp'));
  }

  #sshd(name: keyof typeof PORTS, port: number): string {
    const d = this.directory;
    const path = { nodeless: `${d}/bare`, hidden: `${d}/bare`, installed: `${d}/bin-installed:/usr/bin:/bin` };
    const home = { noisy: `${d}/home-noisy`, hidden: `${d}/home-hidden` };
    const env = [
      `PATH=${path[name as keyof typeof path] ?? `${d}/bin:/usr/bin:/bin`}`,
      `HOME=${home[name as keyof typeof home] ?? `${d}/empty`}`,
    ];
    const lines = [
      `Port ${port}`,
      `ListenAddress ${SERVER}`,
      `ListenAddress ${SERVER6}`,
      `HostKey ${d}/host`,
      `AuthorizedKeysFile ${d}/authorized`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PrintMotd no',
      `PidFile ${d}/sshd-${name}.pid`,
      `SetEnv ${env.join(' ')}`,
      ...(name === 'noisy' ? [`ForceCommand /bin/cat ${d}/noise; eval "$SSH_ORIGINAL_COMMAND"`] : []),
    ];
    return `${lines.join('\n')}\n`;
  }

  #background(command: readonly string[]): void {
    const [program = '', ...args] = [...enter(this.#far), ...command];
    this.#started.push(spawn(program, args, { stdio: 'ignore' }));
  }

  /** sshd has gone into the background; of the others only nsenter is ours, and it has become the server. */
  async #killServers(): Promise<void> {
    const d = this.directory;
    for (const name of Object.keys(PORTS)) {
      const pid = await run(['cat', `${d}/sshd-${name}.pid`]);
      if (pid.code === 0) process.kill(Number(pid.out), 'SIGTERM');
    }
  }
}

/** In the mount namespace of one server alone: the places that are searched have no Node. */
const HIDE = `unshare -m --propagation private sh -c 'for f in /usr/local/bin/node /opt/homebrew/bin/node /usr/bin/nodejs /snap/bin/node; do [ ! -e $f ] || mount --bind /dev/null $f; done; exec "$0" "$@"'`;
const HIDE_NODE: Readonly<Record<string, string>> = { nodeless: HIDE };

function enter(machine: ChildProcess): readonly string[] {
  return ['nsenter', '-t', String(machine.pid), '-n', '-m'];
}
