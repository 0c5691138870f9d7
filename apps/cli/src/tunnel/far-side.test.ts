import { expect, it } from 'vitest';
import { type Carrier, diagnose } from './far-side.ts';

const SSH: Carrier = { kind: 'ssh', command: 'ssh', host: 'far', node: null };
const EXEC: Carrier = { kind: 'exec', command: 'node.exe' };

it.each([
  [SSH, 255, '', '', 'no connection; ssh has said why'],
  [SSH, 127, 'bash: node: command not found', 'Welcome\n', 'no Node is found there'],
  [SSH, 49, '', '', 'no Node is found there'],
  [SSH, 1, "'node' is not recognized as an internal or external command", '', '--node PATH says where it is'],
  [EXEC, 127, 'sh: 1: exec: node.exe: not found', '', 'no Node is found there: it needs Node 20 or later'],
  [SSH, 79, '', 'Welcome\r\nv16.3.0\r\n', 'Node is too old there: it is v16.3.0, and it needs Node 20'],
  [SSH, 1, '', 'Welcome\nto far\n', "status 1, and what came is no reslirp: 'Welcome'"],
  [SSH, 0, '', '', 'the command there ended with status 0, and nothing came'],
])('%j, %d, %j, %j: %s', (carrier, code, said, noise, text) => {
  expect(diagnose(carrier, { code, said }, noise, null)).toContain(text);
});
