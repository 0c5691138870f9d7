/** Whether a line that begins with `b[0, size)` may begin with one of `words`, which are upper case; as lines may be, or not. */
export function mayBegin(words: readonly string[], b: Uint8Array, size: number): boolean {
  return words.some((word) => agrees(word, b, Math.min(size, word.length)));
}

function agrees(word: string, b: Uint8Array, size: number): boolean {
  for (let i = 0; i < size; i++) if (upper(b[i]!) !== word.charCodeAt(i)) return false;
  return true;
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}
