import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { catalog } from '../../src-main/backend/index.ts';
import { main } from '../../src-main/cli/main.ts';
import { recordingTerminal, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();

async function script(shell: string): Promise<string> {
  const { terminal, written } = recordingTerminal();
  expect(await main(['completion', shell], terminal, {})).toBe(0);
  return written.out;
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

function lines(program: string, words: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: folder });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Each case: words after `coto`, the last of which is being written; candidates that are offered; and some that are not. */
const cases: [readonly string[], readonly string[], readonly string[]][] = [
  [['st'], ['study'], ['train']],
  [
    ['study', ''],
    ['list', 'show', 'resume', 'bundle'],
    ['study', 'import'],
  ],
  [['runs', 're'], ['resume'], ['list']],
  [['merge', '--method', 'tie'], ['ties', 'ties-svd'], ['linear']],
  [['merge', '--method', 'ties', '--den'], ['--density'], ['--method']],
  [['merge', '--method', 'ties', '--majority-sign-method', ''], ['total', 'frequency'], ['ties']],
  [
    ['merge', '--'],
    ['--method', '--adapters', '--quiet', '--help'],
    ['--density', '--sparsity'],
  ],
  [['prune', '--method', 'layer-third', '--third', 'm'], ['middle'], ['low', 'high']],
  [['train', '--help', 'do'], ['dora'], ['lora']],
  [['train', '--set', 'coto.ini'], ['coto.initial_p='], ['learning_rate=']],
  [['completion', ''], ['bash', 'zsh', 'fish', 'powershell'], ['study']],
  [['help', 'exit'], ['exit-codes'], ['topics']],
];

function expectCandidates(found: readonly string[], offered: readonly string[], others: readonly string[]): void {
  expect(found).toEqual(expect.arrayContaining([...offered]));
  for (const other of others) expect(found).not.toContain(other);
}

describe.skipIf(!isInstalled('bash'))('bash', () => {
  const file = join(folder, 'coto.bash');
  beforeAll(async () => writeFileSync(file, await script('bash')));

  test.each(cases)('completes %j', (words, offered, others) => {
    const found = lines('bash', [
      '--norc',
      '-c',
      // compopt works in a completion only.
      `compopt() { :; }; source "$1"; shift; COMP_WORDS=(coto "$@"); COMP_CWORD=$#; _coto; printf "%s\\n" "\${COMPREPLY[@]}"`,
      'bash',
      file,
      ...words,
    ]);
    expectCandidates(found, offered, others);
  });

  test('completes values of a known option only by these, and others by files', () => {
    const found = lines('bash', ['--norc', '-c', 'source "$1"; complete -p coto', 'bash', file]);
    expect(found).toEqual(['complete -o default -F _coto coto']);
  });
});

describe.skipIf(!isInstalled('fish'))('fish', () => {
  const file = join(folder, 'coto.fish');
  beforeAll(async () => writeFileSync(file, await script('fish')));

  test.each(cases)('completes %j', (words, offered, others) => {
    const text = ['coto', ...words].join(' ');
    const found = lines('fish', ['--no-config', '-c', `source ${file}; complete -C '${text}'`]);
    expectCandidates(
      found.map((line) => line.split('\t')[0] ?? ''),
      offered,
      others,
    );
  });
});

describe.skipIf(!isInstalled('zsh'))('zsh', () => {
  const file = join(folder, 'coto.zsh');
  beforeAll(async () => writeFileSync(file, await script('zsh')));

  // Completion runs in an interactive shell only, so its functions that show candidates print them.
  const shown = [
    'compdef() { : }',
    '_files() { : }',
    `_describe() { local -a all=(\${(P)@[-1]}); print -rl -- \${\${(M)all:#$PREFIX*}%%:*} }`,
    `compadd() { local -a all=(\${(P)@[-1]}); print -rl -- \${(M)all:#$PREFIX*} }`,
    'source $1; shift; words=(coto "$@"); CURRENT=$#words; PREFIX=$words[-1]; _coto',
  ].join('\n');

  test.each(cases)('completes %j', (words, offered, others) => {
    expectCandidates(lines('zsh', ['-f', '-c', shown, 'zsh', file, ...words]), offered, others);
  });
});

test('every shell gets every command, method and parameter of a method', async () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const text = await script(shell);
    for (const { id, parameters } of [...catalog.mergeMethods, ...catalog.pruneMethods]) {
      expect(text).toContain(id);
      for (const { name } of parameters) expect(text).toContain(name.replaceAll('_', '-'));
    }
    for (const command of ['bundle', 'quantize', 'targets', 'completion']) expect(text).toContain(command);
  }
});
