import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { imported, LAYERS, LIBRARIES, PURE, type Source, violations } from './rules.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const homes = ['packages', 'apps'].flatMap((home) =>
  readdirSync(join(root, home), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, home, entry.name, 'package.json')))
    .map((entry) => ({ owner: entry.name, directory: join(root, home, entry.name) })),
);

function sources(owner: string, directory: string): Source[] {
  const src = join(directory, 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(test|bench)\.ts$/.test(path))
    .map((path) => ({ owner, path: relative(src, join(src, path)), text: readFileSync(join(src, path), 'utf8') }));
}

test('every package and app has its place', () => {
  expect(homes.map(({ owner }) => owner).sort()).toEqual(Object.keys(LAYERS).sort());
});

describe.each(homes)('$owner', ({ owner, directory }) => {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const all = sources(owner, directory);

  test('imports only what is below it, and keeps the rules', () => {
    expect(all.length).toBeGreaterThan(0);
    expect(all.flatMap(violations)).toEqual([]);
  });

  test('depends on what it imports, and a published one on nothing else of this repository', () => {
    const used = new Set(all.flatMap(({ text }) => imported(text)).filter((name) => name !== `@reslirp/${owner}`));
    const { dependencies, optionalDependencies, devDependencies } = manifest;
    const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(declared).toEqual(expect.arrayContaining([...used]));
    if (manifest.private === true) return;
    const needed = [...used, ...(LIBRARIES[owner] ?? [])];
    const promised = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(promised.sort()).toEqual(needed.sort());
  });
});

describe.each(homes.filter(({ owner }) => PURE.includes(owner)))('$owner is pure', ({ directory }) => {
  test('it is compiled without the types of any platform', () => {
    const config = readFileSync(join(directory, 'tsconfig.json'), 'utf8');
    expect(config).toContain('@reslirp/tsconfig/pure.json');
  });
});

describe('the rules themselves', () => {
  const bad: readonly (readonly [string, Partial<Source>])[] = [
    ['imports stack', { owner: 'wire', text: "import { x } from '@reslirp/stack/endpoint';" }],
    ['imports koffi', { text: "import koffi from 'koffi';" }],
    ['imports Node', { text: "import { readFileSync } from 'node:fs';" }],
    ['reads a clock', { text: 'const now = Date.now();' }],
    ['draws lots', { text: 'return Math.random();' }],
    ['sets a timer', { text: 'setTimeout(run, 5);' }],
    ['prints', { text: "console.log('x');" }],
    ['uses Buffer', { text: 'Buffer.from(b)' }],
    ['looks at the process', { text: 'process.env.X' }],
    ['is for browsers too', { owner: 'transport-ws', text: "import { Socket } from 'node:net';" }],
    ['is for browsers too', { owner: 'transport-ws', text: "import { WebSocket } from 'ws';" }],
    ['is for browsers too', { owner: 'transport-ws', text: "import { dial } from '@reslirp/transport-stream';" }],
    ['a name that says nothing', { path: 'tcp/utils.ts' }],
    ['more than 400 lines', { text: '\n'.repeat(400) }],
  ];
  test.each(bad)('%s: refused', (what, source) => {
    const found = violations({ owner: 'stack', path: 'a.ts', text: '', ...source });
    expect(found.join()).toContain(what);
  });

  test('what of a package is for Node alone may need it', () => {
    const text = "import { createServer } from 'node:http';\nimport { WebSocketServer } from 'ws';";
    expect(violations({ owner: 'transport-ws', path: 'server/door.ts', text })).toEqual([]);
  });

  test('comments may speak of anything', () => {
    expect(violations({ owner: 'wire', path: 'a.ts', text: '// Date.now()\n/* console */ export {};' })).toEqual([]);
  });
});
