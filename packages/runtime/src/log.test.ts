import { describe, expect, it } from 'vitest';
import { Level, Log, oneLine, type Sink } from './log.ts';

class Paper implements Sink {
  text = '';
  writableLength = 0;

  write(text: string): void {
    this.text += text;
  }
}

describe('levels', () => {
  it.each([
    [Level.NONE, ''],
    [Level.ERROR, 'e'],
    [Level.WARN, 'ew'],
    [Level.INFO, 'ewi'],
    [Level.DEBUG, 'ewid'],
    [Level.TRACE, 'ewidt'],
  ])('%s', (level, said) => {
    const paper = new Paper();
    const log = new Log(level, paper);
    log.error('e');
    log.warn('w');
    log.info('i');
    log.debug('d');
    log.trace('t');
    expect(paper.text.replace(/reslirp: [a-z]+: (.)\n/g, '$1')).toBe(said);
  });
});

it('a message is one line, whatever is in it', () => {
  const paper = new Paper();
  new Log(Level.INFO, paper).info('a\nb\u001b[2Jc\u2028d');
  expect(paper.text).toBe('reslirp: info: a\\x0ab\\x1b[2Jc\\x2028d\n');
  expect(oneLine('ordinary text: ü')).toBe('ordinary text: ü');
});

it('nothing grows when nobody reads, and what was lost is counted', () => {
  const paper = new Paper();
  const log = new Log(Level.INFO, paper);
  paper.writableLength = 2 << 20;
  log.info('a');
  log.info('b');
  expect(paper.text).toBe('');
  paper.writableLength = 0;
  log.info('c');
  expect(paper.text).toBe('reslirp: warn: 2 messages were lost: nobody reads them\nreslirp: info: c\n');
});
