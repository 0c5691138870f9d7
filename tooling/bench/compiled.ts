// Programs of this directory that are written in C: compiled when they are asked for, and gone with the process that asked.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-bench-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Where the program made of `name`.c is; `flags` are for the compiler. */
export function compiled(name: string, ...flags: string[]): string {
  const file = join(directory, name);
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  if (!existsSync(file)) execFileSync('cc', ['-O2', ...flags, '-o', file, source]);
  return file;
}
