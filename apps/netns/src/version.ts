import { readFileSync } from 'node:fs';

/** Of this package. Its package.json lies above src/ and dist/ alike. */
export function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
