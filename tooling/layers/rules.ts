// Who may know whom, and what a pure package may not touch. docs/architecture.md draws the same picture.

/** Every package and app, with the packages that it may import. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  link: [],
  stack: ['wire', 'link'],
  services: ['wire', 'stack'],
  'host-node': ['wire', 'link', 'stack'],
  'transport-stdio': ['link', 'syscall'],
  'transport-stream': ['link', 'transport-stdio'],
  'transport-qemu': ['link', 'transport-stream'],
  syscall: [],
  'host-linux': ['wire', 'link', 'stack', 'syscall'],
  'transport-tap': ['wire', 'link', 'syscall'],
  runtime: ['link', 'stack', 'services', 'host-node', 'host-linux', 'syscall', 'transport-stdio', 'transport-tap'],
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
  ],
  netns: ['wire', 'runtime', 'syscall', 'transport-tap'],
  demo: ['wire', 'link', 'stack', 'services', 'host-node', 'transport-stdio', 'testkit', 'cli'],
};

/** Libraries from elsewhere, and the one package that may import each. */
export const LIBRARIES: Readonly<Record<string, readonly string[]>> = { syscall: ['koffi'] };

/** Packages without a clock, chance, sockets or a platform: the same code runs in a browser and in a simulation. */
export const PURE: readonly string[] = ['wire', 'link', 'stack', 'services', 'testkit'];

const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bfrom 'node:|\bimport\('node:|\brequire\(/, 'imports Node'],
  [/\bDate\b(?!\w)|\bperformance\b/, 'reads a clock'],
  [/\bMath\.random\b|\bcrypto\b/, 'draws lots'],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, 'sets a timer'],
  [/\bconsole\b/, 'prints'],
  [/\bBuffer\b/, 'uses Buffer'],
  [/\bprocess\./, 'looks at the process'],
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
  for (const [, name] of code.matchAll(/from '([a-z][a-z0-9-]*)'/g)) {
    if (!LIBRARIES[owner]?.includes(name!)) found.push(`imports ${name}, which is not its own`);
  }
  if (PURE.includes(owner)) for (const [pattern, what] of IMPURE) if (pattern.test(code)) found.push(what);
  if (FORBIDDEN_NAMES.test(path)) found.push('has a name that says nothing');
  if (text.split('\n').length > LONGEST_FILE) found.push(`has more than ${LONGEST_FILE} lines`);
  return found.map((what) => `${owner}/src/${path} ${what}`);
}

/** Line and block comments; strings stay, for imports are in them. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"])\/\/.*$/gm, '$1');
}

/** Names of packages of this repository that a source imports. */
export function imported(text: string): string[] {
  return [...withoutComments(text).matchAll(/from '(@reslirp\/[a-z0-9-]+)/g)].map(([, name]) => name!);
}
