import { describe, expect, test } from 'vitest';
import { formatPlace, isLoopback, parsePlace } from './place.ts';

const PLACES: readonly (readonly [string, string, boolean])[] = [
  ['9000', '127.0.0.1:9000', true],
  ['0', '127.0.0.1:0', true],
  ['localhost:9000', 'localhost:9000', true],
  ['127.1.2.3:9000', '127.1.2.3:9000', true],
  ['[::1]:9000', '[::1]:9000', true],
  ['0.0.0.0:9000', '0.0.0.0:9000', false],
  ['[::]:9000', '[::]:9000', false],
  ['[::ffff:127.0.0.1]:9000', '[::ffff:127.0.0.1]:9000', false],
  ['127.0.0.1.example.org:9000', '127.0.0.1.example.org:9000', false],
  ['localhost.example.org:1', 'localhost.example.org:1', false],
  ['my_host:65535', 'my_host:65535', false],
  ['unix:/run/x:1', 'unix:/run/x:1', true],
];

test.each(PLACES)('%s is %s', (text, formatted, loopback) => {
  const place = parsePlace(text)!;
  expect([formatPlace(place), isLoopback(place)]).toEqual([formatted, loopback]);
});

describe('no place', () => {
  const none = ['', ':', ':80', 'host', 'host:', 'host:65536', 'host:-1', 'host:8o', '::1:80', '[::1', '[x]:80'];
  const more = ['1.2.3:80', '256.1.1.1:80', '127.1:80', 'a b:80', 'a..b:80', '-a:80', 'unix:', 'unix:a\0b', '\n1'];
  test.each([...none, ...more, `unix:${'x'.repeat(104)}`])('%j', (text) => {
    expect(parsePlace(text)).toBeNull();
  });
});
