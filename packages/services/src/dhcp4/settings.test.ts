import { ConfigError } from '@reslirp/stack';
import { describe, expect, it } from 'vitest';
import { type Dhcp4Config, settings } from './settings.ts';

function complaint(config: Dhcp4Config): string {
  try {
    settings(config);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return 'none';
}

describe('a configuration that cannot be', () => {
  const long = 'x'.repeat(64);
  const label = 'x'.repeat(63);
  const tooLong = `${label}.${label}.${label}.${'x'.repeat(62)}`;

  it.each<[Dhcp4Config, string]>([
    [{ start: '10.0.2' }, "start: '10.0.2' is not an IPv4 address"],
    [{ start: '10.0.2.256' }, "start: '10.0.2.256' is not an IPv4 address"],
    [{ start: Number.NaN }, "start: 'NaN' is not an IPv4 address"],
    [{ start: 0x1_0000_0000 }, "start: '4294967296' is not an IPv4 address"],
    [{ leaseSeconds: 9 }, 'leaseSeconds: 9 is not a whole number from 10 to 4294967295'],
    [{ leaseSeconds: 60.5 }, 'leaseSeconds: 60.5 is not a whole number from 10 to 4294967295'],
    [{ maxLeases: 0 }, 'maxLeases: 0 is not a whole number from 1 to 1048576'],
    [{ nameservers: ['10.0.2.3', 'dns'] }, "nameservers[1]: 'dns' is not an IPv4 address"],
    [{ nameservers: Array(64).fill(0x0a000203) }, 'nameservers: more than 63'],
    [{ hostname: '' }, "hostname: '' has an empty label"],
    [{ hostname: 'two words' }, "hostname: 'two words' may have letters, digits, '-' and '_' only"],
    [{ domain: 'lan..example' }, "domain: 'lan..example' has an empty label"],
    [{ domain: `${long}.example` }, `domain: '${long}' is longer than 63 bytes`],
    [{ search: ['a', 'b.'.repeat(128)] }, `search[1]: '${'b.'.repeat(128)}' is longer than 255 bytes`],
    [{ domain: tooLong }, `domain: '${tooLong}' is longer than 255 bytes`],
    [{ search: ['.'] }, "search[0]: '.' has an empty label"],
    [{ search: ['bücher.example'] }, "search[0]: 'bücher' may have letters, digits, '-' and '_' only"],
  ])('%o', (config, message) => {
    expect(complaint(config)).toBe(message);
  });

  it('is a search list that no answer has room for', () => {
    const name = (n: number): string => `${n}${'x'.repeat(50)}.${n}`;
    const list = Array.from({ length: 30 }, (_, n) => name(n));
    expect(complaint({ search: list.slice(0, 18) })).toBe('none');
    expect(complaint({ search: list })).toMatch(/^search: takes \d+ bytes, and an answer has room for 1100$/);
  });
});

it('the longest names that can be are taken', () => {
  const label = 'x'.repeat(63);
  const longest = `${label}.${label}.${label}.${'x'.repeat(61)}`;
  expect(complaint({ hostname: label, domain: longest, search: [`${longest}.`] })).toBe('none');
});
