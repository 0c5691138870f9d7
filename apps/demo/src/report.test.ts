import { expect, it } from 'vitest';
import { duration, type Paper, Report } from './report.ts';

class Sheet implements Paper {
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** Each reading is a second and a half later. */
function clock(): () => number {
  let now = 0;
  return () => {
    now += 1_500;
    return now;
  };
}

it('a step is one line of plain text, with its time and its speed', async () => {
  const sheet = new Sheet(false);
  const report = new Report(sheet, clock());
  await report.step('download', async () => 'all of it', 150_000_000);
  expect(sheet.text).toMatch(/^ {2}ok {2}download {2}all of it {3,}1\.50 s {2}100 MB\/s\n$/);
  expect(report.steps).toBe(1);
});

it('a step that fails says so, and throws', async () => {
  const sheet = new Sheet(false);
  const report = new Report(sheet, clock());
  await expect(report.step('ping', () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(sheet.text).toBe('  !!  ping      failed after 1.50 s\n');
  expect(report.steps).toBe(0);
});

it('on a terminal the step shows before it is done', async () => {
  const sheet = new Sheet(true);
  const report = new Report(sheet, clock());
  await report.step('ping', async () => {
    expect(sheet.text).toMatch(/ping +$/);
    return 'answered';
  });
  expect(sheet.text).toContain('\r\u001b[K');
});

it.each([
  [0.44, '0.4 ms'],
  [12.3, '12 ms'],
  [1_519, '1.52 s'],
])('%f ms', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
