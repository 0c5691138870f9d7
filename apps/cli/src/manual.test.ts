import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { completion, SHELLS } from './completion.ts';
import { manPage } from './manual.ts';
import { OPTIONS, TUNNEL_OPTIONS } from './options.ts';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const COMPLETIONS = { bash: 'completions/reslirp.bash', zsh: 'completions/_reslirp', fish: 'completions/reslirp.fish' };

it('the man page is what the table of options says (vitest -u writes it)', async () => {
  await expect(manPage()).toMatchFileSnapshot(file('man/reslirp.1'));
});

it('the man page has every option, and nothing that groff complains of', () => {
  for (const { long } of [...OPTIONS, ...TUNNEL_OPTIONS])
    expect(manPage()).toContain(`\\fB\\-\\-${long.replaceAll('-', '\\-')}\\fR`);
  const { error, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', file('man/reslirp.1')], {
    encoding: 'utf8',
  });
  if (error === undefined) expect(stderr).toBe('');
  else if (process.env['CI']) throw error;
});

it.each(SHELLS)('the completion of %s is what the table of options says (vitest -u writes it)', async (shell) => {
  await expect(completion(shell)).toMatchFileSnapshot(file(COMPLETIONS[shell]));
});

/** What bash offers behind these words. */
function offered(...typed: readonly string[]): readonly string[] {
  const script = `source "$0"; COMP_WORDS=(reslirp "$@"); COMP_CWORD=$#; _reslirp; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['-c', script, file(COMPLETIONS.bash), ...typed], { encoding: 'utf8' });
  return stdout.split('\n').filter((word) => word !== '');
}

it('bash completes options, the words that one takes, files, and commands', () => {
  expect(offered('--disable-d')).toEqual(['--disable-dhcp', '--disable-dns']);
  expect(offered('--host', '')).toEqual(['auto', 'linux', 'node']);
  expect(offered('--pcap', '/etc/host')).toContain('/etc/hosts');
  expect(offered('r')).toEqual(['run']);
  expect(offered('tunnel', '--ro')).toEqual(['--route']);
  expect(offered('--ro')).toEqual([]);
  expect(offered('run', '--', 'true')).toContain('true');
  expect(offered('--if-mtu', '')).toEqual([]);
});
