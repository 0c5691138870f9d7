import { expect, it } from 'vitest';
import { readSettings } from './ssh-settings.ts';

it.each([
  [
    'hostname far\nport 22\nserveraliveinterval 0\n',
    { host: 'far', keyName: 'far', keepsAlive: false, indirect: false },
  ],
  [
    'hostname far\nport 2222\nserveraliveinterval 5\n',
    { host: 'far', keyName: '[far]:2222', keepsAlive: true, indirect: false },
  ],
  [
    'hostname far\nport 22\nhostkeyalias other\nproxyjump hop\n',
    { host: 'far', keyName: 'other', keepsAlive: false, indirect: true },
  ],
  ['hostname far\nproxycommand nc %h %p\n', { host: 'far', keyName: 'far', keepsAlive: false, indirect: true }],
  ['hostname far\nproxycommand none\n', { host: 'far', keyName: 'far', keepsAlive: false, indirect: false }],
  ['usage: something else\n', null],
])('%j', (text, settings) => {
  expect(readSettings(text)).toEqual(settings);
});
