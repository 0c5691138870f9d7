// `npm start`: reslirp serves a small guest, on this machine alone, without privileges. Exit code 0 when all of it worked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse4 } from '@reslirp/wire/address';
import { showConfined, whyNotConfined } from './confined.ts';
import { Payload } from './payload.ts';
import { Program, version } from './program.ts';
import { duration, Report } from './report.ts';
import { nameServer, webServer } from './servers.ts';
import { show } from './show.ts';

const NAME = 'www.reslirp.example';
/** Of the network's gateway, which is this machine. */
const GATEWAY = parse4('10.0.2.2')!;
const SIZE = 100_000_000;

const CONFINED = 'A command of this system with a network of its own: reslirp run -- node ...\n';

process.exitCode = await demo();

async function demo(): Promise<number> {
  const report = new Report(process.stdout);
  report.line(
    `reslirp ${version} on Node ${process.versions.node}, ${platform()} ${arch()}, and a small guest on its cable\n`,
  );
  const folder = mkdtempSync(join(tmpdir(), 'reslirp-'));
  const payload = new Payload(SIZE);
  const web = await webServer(payload);
  const names = await nameServer(NAME, GATEWAY);
  const resolvConf = join(folder, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver 127.0.0.1:${names.port}\n`);
  const begun = performance.now();
  const program = new Program(['--resolv-conf', resolvConf]);
  process.once('SIGINT', () => process.exit(130));
  process.once('exit', () => {
    program.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const outside = { name: NAME, webPort: web.port, payload };
    await show(report, program, outside);
    const why = whyNotConfined();
    report.line(why === null ? '\n'.concat(CONFINED) : `\nThat was all: ${why}`);
    if (why === null) await showConfined(report, ['--resolv-conf', resolvConf], outside);
    report.line(`\nAll ${report.steps} steps worked, in ${duration(performance.now() - begun)}.`);
    return 0;
  } catch (error) {
    report.line(`\nIt did not work: ${(error as Error).message}`);
    if (program.said !== '') report.line(program.said.trimEnd());
    return 1;
  } finally {
    program.kill();
    web.close();
    names.close();
  }
}
