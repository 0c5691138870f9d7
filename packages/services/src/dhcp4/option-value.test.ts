import { ConfigError } from '@reslirp/stack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOption } from './option-value.ts';

function bytes(text: string): [number, number[] | null] {
  const { code, value } = parseOption('options[0]', text);
  return [code, value === null ? null : [...value]];
}

function ascii(text: string): number[] {
  return [...text].map((c) => c.charCodeAt(0));
}

describe('an option as people write it', () => {
  it.each<[string, number, number[] | null]>([
    ['42=10.0.2.2', 42, [10, 0, 2, 2]],
    ['ntp-server=10.0.2.2,192.0.2.1', 42, [10, 0, 2, 2, 192, 0, 2, 1]],
    ['option:ntp-server,10.0.2.2', 42, [10, 0, 2, 2]],
    ['NTP-Server=10.0.2.2', 42, [10, 0, 2, 2]],
    ['3=', 3, null],
    ['router=', 3, null],
    ['26=9000', 26, [0x23, 0x28]],
    ['mtu=0x0578', 26, [5, 0x78]],
    ['23=64', 23, [64]],
    ['2=-3600', 2, [0xff, 0xff, 0xf1, 0xf0]],
    ['35=4294967295', 35, [255, 255, 255, 255]],
    ['19=1', 19, [1]],
    ['28=10.0.2.255', 28, [10, 0, 2, 255]],
    ['33=192.0.2.1,10.0.2.2', 33, [192, 0, 2, 1, 10, 0, 2, 2]],
    ['tzdb-timezone=Europe/Vienna', 101, ascii('Europe/Vienna')],
    ['15=lan.example.', 15, ascii('lan.example')],
    ['119=a.b,c.b', 119, [1, 97, 1, 98, 0, 1, 99, 0xc0, 2]],
    ['121=192.168.7.0/24,10.0.2.9', 121, [24, 192, 168, 7, 10, 0, 2, 9]],
    ['249=0.0.0.0/0,10.0.2.9,10.2.0.0/15,10.0.2.8', 249, [0, 10, 0, 2, 9, 15, 10, 2, 10, 0, 2, 8]],
    ['43=0x01:0A:ff', 43, [1, 10, 255]],
    ['224=10.0.2.9', 224, [10, 0, 2, 9]],
    ['224=a word, and another', 224, ascii('a word, and another')],
    ['252=http://10.0.2.2/wpad.dat?a=b', 252, ascii('http://10.0.2.2/wpad.dat?a=b')],
  ])('%s', (text, code, value) => {
    expect(bytes(text)).toEqual([code, value]);
  });

  it.each([
    ['42', "'42' is not an option such as 42=10.0.2.2 or ntp-server=10.0.2.2"],
    ['ntp=10.0.2.2', "'ntp' is no option that is known by name: use its number"],
    ['300=1', "'300' is not the number of an option: 1 to 254"],
    ['51=60', "option 51 is the server's own to say"],
    ['255=1', "option 255 is the server's own to say"],
    ['42=ntp.example', "'ntp.example' is not a list of IPv4 addresses such as 10.0.2.2,10.0.2.3"],
    ['28=10.0.2.2,10.0.2.3', "'10.0.2.2,10.0.2.3' is not an IPv4 address"],
    ['33=10.0.2.2', "'10.0.2.2' is not a list of pairs of IPv4 addresses"],
    ['26=65536', "'65536' is not a number from 0 to 65535"],
    ['19=yes', "'yes' is not 0 or 1"],
    ['43=abc', "'abc' is not bytes such as 0x0a0b"],
    ['43=0xabc', "'0xabc' is not bytes such as 0x0a0b"],
    ['224=7', "'7' is not bytes such as 0x0a0b"],
    ['121=192.168.7.1/24,10.0.2.9', /is not a list of networks and routers/],
    ['121=192.168.7.0/24', /is not a list of networks and routers/],
    ['15=lan..example', "'lan..example' has an empty label"],
    ['17=caf\u00e9', /is not text of ASCII characters/],
    [`17=${'x'.repeat(1_101)}`, 'is longer than 1100 bytes'],
  ])('%s cannot be', (text, message) => {
    expect(() => bytes(text)).toThrow(ConfigError);
    expect(() => bytes(text)).toThrow(message);
  });

  it('whatever it is, it is one or a ConfigError', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(260), fc.string()).map(([code, value]) => `${code}=${value}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          expect(parseOption('options[0]', any).code).toBeLessThan(255);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});
