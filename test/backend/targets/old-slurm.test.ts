import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { engineOf, follow, makeBundle, storeWithStudy, studyId } from '../../slurm/made-bundle.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

const path = process.env['PATH'];

afterEach(() => {
  process.env['PATH'] = path;
  removeTemporaryFolders();
});

/** Slurm's programs as a site has them, before everything else that this process finds: what each says, and how it ends. */
function installSlurm(squeue: { readonly says: string; readonly code: number }) {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const write = (name: string, ...lines: string[]) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines.join('\n')}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  write('scontrol', "echo 'MaxArraySize            = 1001'");
  write(
    'squeue',
    `echo "${squeue.says}" >&2`,
    'echo \'Try "squeue --help" for more information\' >&2',
    `exit ${squeue.code}`,
  );
  write('sbatch', '[ "$1" = --version ] && echo "slurm 20.11.4" && exit', `touch ${folder}/submitted`, 'echo 7');
  process.env['PATH'] = `${bin}${delimiter}${path}`;
  return { folder, submitted: () => existsSync(join(folder, 'submitted')) };
}

describe('a Slurm whose squeue has no JSON', () => {
  it.each([
    [
      'of 20.11',
      "squeue: unrecognized option '--json'",
      /^The squeue of this machine cannot answer in JSON: .*--json'/,
    ],
    [
      'without the plugin',
      'squeue: error: Unable to initialize serializer plugin json',
      /: Unable to .* plugin json\.$/,
    ],
  ])('is refused before anything is submitted (%s)', async (_kind, says, message) => {
    const slurm = installSlurm({ says, code: 1 });
    const store = storeWithStudy();
    try {
      const bundle = makeBundle(slurm.folder, [{}]);
      const { runs } = await follow(bundle, store, { poll_seconds: 0.01 });
      await expect(runs).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/^Slurm 21\.08 or later is needed/),
      });
      expect(slurm.submitted()).toBe(false);
      expect(store.submissions.list(studyId)[0]?.parts.every(({ id }) => id === null)).toBe(true);
    } finally {
      store.close();
    }
  });

  it('is not taken for one that does not answer now', async () => {
    installSlurm({ says: 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)', code: 1 });
    const part = { name: 'coto-1-g1-0', offset: 0, indices: [0], id: '7' };
    expect(await engineOf({}).states('/nowhere', [part])).toBeNull();
  });
});
