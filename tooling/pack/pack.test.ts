// Every package as its users get it: packed, judged by publint and attw, installed alone in an empty folder, its README's
// examples run there, its types read by a strict consumer. Needs what `npm run setup` built.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const directory = mkdtempSync(join(tmpdir(), 'reslirp-pack-'));
const packages = ['packages', 'apps']
  .flatMap((home) => readdirSync(join(root, home)).map((name) => join(root, home, name)))
  .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest }))
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ path, manifest }) => ({ name: manifest.name, path, manifest }));
const tarball = (name: string): string => join(directory, `${name.replace('@', '').replace('/', '-')}-0.0.0.tgz`);
const bin = (tool: string): string => join(root, 'node_modules/.bin', tool);

afterAll(() => rmSync(directory, { recursive: true }));

/** Runs to its end; throws what it printed when that is not an orderly one. */
function run(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}\n${done.stdout}${done.stderr}${done.error ?? ''}`);
  return done.stdout;
}

/** The package and everything of this repository that it needs. */
function closure(name: string): string[] {
  const { manifest } = packages.find((p) => p.name === name)!;
  const below = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).filter((dep) =>
    dep.startsWith('@reslirp/'),
  );
  return [...new Set([name, ...below.flatMap(closure)])];
}

beforeAll(() => {
  for (const { path } of packages) run('npx', ['-y', 'pnpm@10.34.9', 'pack', '--pack-destination', directory], path);
}, 300_000);

describe.each(packages)('$name', ({ name, path, manifest }) => {
  const home = join(directory, name.replace('/', '-'));

  test('publint and attw have no complaint', () => {
    run(bin('publint'), ['run', tarball(name), '--strict'], path);
    run(bin('attw'), [tarball(name), '--profile', 'esm-only'], path);
  }, 120_000);

  test('installs alone, and the examples of its README run', () => {
    mkdirSync(home);
    const dependencies = Object.fromEntries(closure(name).map((dep) => [dep, `file:${tarball(dep)}`]));
    writeFileSync(
      join(home, 'package.json'),
      JSON.stringify({ name: 'user', private: true, type: 'module', dependencies }),
    );
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], home);
    const readme = readFileSync(join(home, 'node_modules', name, 'README.md'), 'utf8');
    const examples = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    const isLibrary = '.' in manifest.exports;
    if (isLibrary) expect(examples.length).toBeGreaterThan(0);
    for (const [i, code] of examples.entries()) {
      writeFileSync(join(home, `example${i}.js`), code);
      run(process.execPath, [`example${i}.js`], home);
    }
    for (const program of Object.keys(manifest.bin ?? {}))
      run(join(home, 'node_modules/.bin', program), ['--version'], home);
  }, 120_000);

  test('every subpath has types that a strict program can use', () => {
    const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json');
    const imports = subpaths.map(
      (subpath, i) => `import * as m${i} from '${name}${subpath.slice(1)}';\nexport const x${i}: object = m${i};`,
    );
    writeFileSync(join(home, 'consumer.ts'), imports.join('\n'));
    const usesNode = 'node:' in manifest || readFileSync(join(path, 'tsconfig.json'), 'utf8').includes('node.json');
    if (usesNode) symlinkSync(join(root, 'node_modules/@types'), join(home, 'node_modules/@types'));
    const options = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023'],
      strict: true,
      noEmit: true,
      types: usesNode ? ['node'] : [],
    };
    writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }));
    run(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc')], home);
  }, 60_000);
});
