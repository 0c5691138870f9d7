import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shipment, TOO_OLD } from './bootstrap.ts';

const PROGRAM = `module.exports.serve = ({ args }) => {
  const rest = require('node:fs').readFileSync(0, 'utf8');
  process.stdout.write(JSON.stringify([args, rest]));
};`;
const order = { marker: 'm\n', args: ['--deny=any', "it's"], version: '1.0.0', network: '10.0.2.0/24' };
const { bootstrap, opening } = shipment(PROGRAM, order);

it('no shell takes any of it for its own, between double quotes or without', () => {
  expect(bootstrap).toMatch(/^[A-Za-z0-9.,;:=+\-*()[\]{}?]+$/);
});

it('the program is told its order, and what comes behind it is left to it', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', bootstrap], {
    input: Buffer.concat([opening, Buffer.from('frames')]),
  });
  expect(stderr.toString()).toBe('');
  expect(JSON.parse(stdout.toString())).toEqual([order.args, 'frames']);
});

it.each(['sh', 'bash'])('%s hands it on', (shell) => {
  const { stdout } = spawnSync(shell, ['-c', `"${process.execPath}" -e "${bootstrap}"`], {
    input: opening,
    encoding: 'utf8',
  });
  expect(JSON.parse(stdout)).toEqual([order.args, '']);
});

it('an older Node says which it is, and nothing else', () => {
  const older = bootstrap.replaceAll('process.versions.node', 'process.env.OLD');
  const { status, stdout } = spawnSync(process.execPath, ['-e', older], {
    input: opening,
    env: { OLD: '18.20.1' },
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([TOO_OLD, `${process.version}\n`]);
});

it('an end before its end is one', () => {
  expect(spawnSync(process.execPath, ['-e', bootstrap], { input: opening.subarray(0, 50) }).status).toBe(1);
});
