// Who may know whom, and what a pure package may not touch. docs/architecture.md draws the same picture.

/** Every package and app, with the packages that it may import. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  link: [],
  switch: ['link'],
  stack: ['wire', 'link'],
  services: ['wire', 'stack'],
  gateways: ['stack'],
  'host-node': ['wire', 'link', 'stack'],
  'transport-stdio': ['link', 'syscall'],
  'transport-stream': ['link', 'transport-stdio'],
  'transport-qemu': ['link', 'transport-stream'],
  'transport-vde': ['link', 'syscall', 'transport-stdio'],
  'transport-ws': ['link', 'transport-stream'],
  control: ['transport-stream'],
  syscall: [],
  'host-linux': ['wire', 'link', 'stack', 'syscall'],
  'transport-tap': ['wire', 'link', 'syscall'],
  runtime: [
    'wire',
    'link',
    'switch',
    'stack',
    'services',
    'gateways',
    'host-node',
    'host-linux',
    'syscall',
    'transport-stdio',
    'transport-tap',
    'transport-vde',
  ],
  testkit: ['wire', 'link', 'stack', 'services'],
  cli: [
    'wire',
    'link',
    'stack',
    'runtime',
    'syscall',
    'transport-stdio',
    'transport-tap',
    'transport-stream',
    'transport-qemu',
    'transport-vde',
    'transport-ws',
    'control',
  ],
  netns: ['wire', 'runtime', 'syscall', 'transport-tap'],
  demo: ['wire', 'link', 'stack', 'services', 'host-node', 'transport-stdio', 'testkit', 'cli'],
};

/** Libraries from elsewhere, and the one package that may import each. */
export const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  syscall: ['koffi'],
  'transport-ws': ['ws'],
  control: ['@hono/node-server', '@hono/zod-openapi', 'hono', 'zod'],
};

/** Packages without a clock, chance, sockets or a platform: the same code runs in a browser and in a simulation. */
export const PURE: readonly string[] = ['wire', 'link', 'switch', 'stack', 'services', 'gateways', 'testkit'];

/** Packages that run in a browser too, but for the files that match: no Node, no library, nothing of ours that needs Node. */
export const BROWSER: Readonly<Record<string, RegExp>> = { 'transport-ws': /^server\b/ };

const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bfrom 'node:|\bimport\('node:|\brequire\(/, 'imports Node'],
  [/\bDate\b(?!\w)|\bperformance\b/, 'reads a clock'],
  [/\bMath\.random\b|\bcrypto\b/, 'draws lots'],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, 'sets a timer'],
  [/\bconsole\b/, 'prints'],
  [/\bBuffer\b/, 'uses Buffer'],
  [/\bprocess\./, 'looks at the process'],
];
const NOT_IN_A_BROWSER: readonly RegExp[] = [
  /\bfrom 'node:|\bimport\('node:|\brequire\(/,
  /\bBuffer\b/,
  /\bprocess\./,
  /\bsetImmediate\b/,
];
const FORBIDDEN_NAMES = /(^|\/)(utils?|helpers?|common|misc|types)\.ts$/;
const LONGEST_FILE = 400;

/** One source file, its path relative to src/. */
export interface Source {
  readonly owner: string;
  readonly path: string;
  readonly text: string;
}

/** What is wrong with it, one line each. */
export function violations({ owner, path, text }: Source): string[] {
  const code = withoutComments(text);
  const found: string[] = [];
  for (const [, name] of code.matchAll(/from '@reslirp\/([a-z0-9-]+)/g)) {
    if (name !== owner && !LAYERS[owner]?.includes(name!)) found.push(`imports ${name}, which is above it`);
  }
  for (const [, name] of code.matchAll(/from '((?:@(?!reslirp\/)[a-z0-9-]+\/)?[a-z][a-z0-9-]*)['/]/g)) {
    if (!LIBRARIES[owner]?.includes(name!)) found.push(`imports ${name}, which is not its own`);
  }
  if (PURE.includes(owner)) for (const [pattern, what] of IMPURE) if (pattern.test(code)) found.push(what);
  found.push(...notInABrowser(owner, path, code));
  if (FORBIDDEN_NAMES.test(path)) found.push('has a name that says nothing');
  if (text.split('\n').length > LONGEST_FILE) found.push(`has more than ${LONGEST_FILE} lines`);
  return found.map((what) => `${owner}/src/${path} ${what}`);
}

function notInABrowser(owner: string, path: string, code: string): string[] {
  const { [owner]: elsewhere } = BROWSER;
  if (elsewhere === undefined || elsewhere.test(path)) return [];
  const found = NOT_IN_A_BROWSER.filter((pattern) => pattern.test(code)).map(
    () => 'is for browsers too, and needs Node',
  );
  for (const [, name] of code.matchAll(/from '@reslirp\/([a-z0-9-]+)/g)) {
    if (!PURE.includes(name!)) found.push(`is for browsers too, and imports ${name}`);
  }
  for (const name of LIBRARIES[owner] ?? []) {
    if (code.includes(`from '${name}'`)) found.push(`is for browsers too, and imports ${name}`);
  }
  return found;
}

/** Line and block comments; strings stay, for imports are in them. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"])\/\/.*$/gm, '$1');
}

/** Names of packages of this repository that a source imports. */
export function imported(text: string): string[] {
  return [...withoutComments(text).matchAll(/from '(@reslirp\/[a-z0-9-]+)/g)].map(([, name]) => name!);
}
