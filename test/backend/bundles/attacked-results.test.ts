import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { closeBackends, type OpenBackend } from '../support.ts';
import {
  type AttackedBundle,
  bomb,
  collect,
  editValue,
  historyOf,
  keptFiles,
  reseal,
  type TrainedBundle,
  trainBundle,
} from './attacked-bundle.ts';

/** Links, FIFOs and holes in files. */
const isUnix = process.platform !== 'win32';
let trained: TrainedBundle;
let attacked: AttackedBundle;
let backend: OpenBackend;

beforeAll(async () => {
  trained = await trainBundle();
});
afterAll(closeBackends);
afterEach(async () => {
  await backend.close();
});

/** Collects a bundle of which one result is attacked: the other one is imported, and nothing of the first. */
async function refusalOf(attack: (result: string) => void | Promise<void>): Promise<string> {
  attacked = trained.copy();
  await attack(attacked.result(0));
  backend = await trained.openHome();
  const collected = await collect(backend, attacked);
  expect(collected).toMatchObject({ imported: 1, missing: [0], refused: [{ index: 0 }] });
  expect(readdirSync(join(backend.home, 'runs'))).toHaveLength(1);
  expect(readdirSync(join(backend.home, 'adapters'))).toHaveLength(1);
  return collected.refused[0]?.message ?? '';
}

test('imports results that nobody has changed, and keeps only the files of a result', async () => {
  attacked = trained.copy();
  backend = await trained.openHome();
  expect(await collect(backend, attacked)).toMatchObject({ imported: 2, missing: [], refused: [], failed: [] });
  const names = new Set(keptFiles(backend).flatMap((file) => file.split('/').slice(2).join('/') || []));
  expect([...names].sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'adapter_model.safetensors',
    'coto_config.json',
    'history',
    'history/000000.json.gz',
    'run.json',
    'samples',
    ...readdirSync(join(attacked.result(0), 'samples')).map((name) => `samples/${name}`),
  ]);
});

test('leaves out pickles, programs and further weights beside the adapter, and says so in the log', async () => {
  attacked = trained.copy();
  const adapter = join(attacked.result(0), 'adapter');
  const others = ['adapter_model.bin', 'checkpoint/adapter_model.safetensors', 'modeling.py', 'training_args.bin'];
  mkdirSync(join(adapter, 'checkpoint'));
  for (const name of others) writeFileSync(join(adapter, name), 'cos\nsystem\n');
  writeFileSync(join(attacked.result(0), 'history', 'hook.sh'), 'true');
  reseal(attacked.result(0));
  backend = await trained.openHome();
  expect(await collect(backend, attacked)).toMatchObject({ imported: 2, refused: [] });
  const kept = keptFiles(backend).filter((file) => /\.(bin|py|sh)$|checkpoint/.test(file));
  expect(kept).toEqual([]);
  const runs = await backend.handle('runs.list', {});
  const logs = await Promise.all(runs.map(({ id }) => backend.handle('runs.log', { id })));
  const texts = logs.flat().map(({ text }) => text);
  expect(texts.filter((text) => text.includes('adapter/training_args.bin'))).toEqual([
    expect.stringMatching(/were not imported: .*adapter\/modeling\.py.*history\/hook\.sh/),
  ]);
});

describe.runIf(isUnix)('files that are not regular', () => {
  test('a history that is a link is refused', async () => {
    const message = await refusalOf((result) => {
      const other = join(result, '..', '..', 'elsewhere.json.gz');
      renameSync(historyOf(result), other);
      symlinkSync(other, historyOf(result));
    });
    expect(message).toMatch(/history\/000000\.json\.gz (is missing or not a regular file|is not a regular file)/);
  });

  test('an adapter below a folder that is a link is refused', async () => {
    const message = await refusalOf((result) => {
      const other = join(result, '..', '..', 'elsewhere');
      renameSync(join(result, 'adapter'), other);
      symlinkSync(other, join(result, 'adapter'));
    });
    expect(message).toContain('adapter');
  });

  test('a run.json that is a link is refused', async () => {
    const message = await refusalOf((result) => {
      const other = join(result, '..', '..', 'run.json');
      renameSync(join(result, 'run.json'), other);
      symlinkSync(other, join(result, 'run.json'));
    });
    expect(message).toMatch(/run\.json is missing, torn or no regular file/);
  });

  test('a manifest that is a FIFO is refused without waiting for a writer', async () => {
    const message = await refusalOf((result) => {
      rmSync(join(result, 'manifest.json'));
      execFileSync('mkfifo', [join(result, 'manifest.json')]);
    });
    expect(message).toContain('manifest.json is missing, torn or no regular file');
  });
});

describe('sizes', () => {
  test.runIf(isUnix)('a history with holes of 3 GB is refused before it is copied', async () => {
    const message = await refusalOf((result) => {
      truncateSync(historyOf(result), 3 * 2 ** 30);
      editValue(join(result, 'manifest.json'), (manifest) => ({
        ...manifest,
        files: (Array.isArray(manifest['files']) ? manifest['files'] : []).map((file) =>
          file.path === 'history/000000.json.gz' ? { ...file, bytes: 3 * 2 ** 30 } : file,
        ),
      }));
    });
    expect(message).toMatch(/history\/000000\.json\.gz has 3\.00 GiB, and at most 64\.0 MiB are read/);
  });

  test.runIf(isUnix)('an adapter that is larger than its run trains is refused before it is copied', async () => {
    const message = await refusalOf((result) => {
      truncateSync(join(result, 'adapter', 'adapter_model.safetensors'), 2 ** 30);
      editValue(join(result, 'manifest.json'), (manifest) => ({
        ...manifest,
        files: (Array.isArray(manifest['files']) ? manifest['files'] : []).map((file) =>
          file.path.endsWith('.safetensors') ? { ...file, bytes: 2 ** 30 } : file,
        ),
      }));
    });
    expect(message).toMatch(/adapter\/adapter_model\.safetensors has 1\.00 GiB, and at most 16\.\d MiB are read/);
  });

  test('a history that unpacks to 200 MiB is refused, and the backend unpacks nothing of it', async () => {
    const message = await refusalOf((result) => {
      writeFileSync(historyOf(result), bomb('{"format":1,"step":2,"columns":[],"masks":[]}', 200));
      reseal(result);
    });
    expect(message).toMatch(/history\/000000\.json\.gz unpacks to more than the 128 MiB/);
  });

  test('samples that unpack to 100 MiB are refused', async () => {
    const message = await refusalOf((result) => {
      writeFileSync(join(result, 'samples', 'inputs.json.gz'), bomb('[]', 100));
      reseal(result);
    });
    expect(message).toMatch(/samples\/inputs\.json\.gz unpacks to more than the 64 MiB/);
  });

  test('a history with more metrics than a run of the base can have is refused', async () => {
    const message = await refusalOf((result) => {
      editValue(historyOf(result), (history) => ({
        ...history,
        columns: Array.from({ length: 3000 }, (_, at) => ({ name: `m${at}`, steps: [0], values: [1] })),
      }));
      reseal(result);
    });
    expect(message).toMatch(/its history has 3000 metrics, and a run of this base at most \d+/);
  });

  test('a history with more values than the run has steps is refused', async () => {
    const message = await refusalOf((result) => {
      const steps = Array.from({ length: 100_000 }, () => 1);
      editValue(historyOf(result), (history) => ({ ...history, columns: [{ name: 'loss', steps, values: steps }] }));
      reseal(result);
    });
    expect(message).toMatch(/history\/000000\.json\.gz has 100000 values of "loss", and its run plans 2 steps/);
  });

  test('a result with thousands of files is refused', async () => {
    const message = await refusalOf((result) => {
      mkdirSync(join(result, 'more'));
      for (let at = 0; at < 2100; at++) mkdirSync(join(result, 'more', String(at)));
    });
    expect(message).toMatch(/it has more than 2000 files and folders/);
  });
});

describe('numbers', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'an adapter with %d is refused by tensor and file',
    async (value) => {
      let name = '';
      const message = await refusalOf(async (result) => {
        const file = join(result, 'adapter', 'adapter_model.safetensors');
        const tensors = await readSafetensors(file);
        const [first] = tensors;
        if (first === undefined) throw new Error('it has tensors');
        name = first[0];
        first[1].data[1] = value;
        await writeSafetensors(file, tensors);
        reseal(result);
      });
      expect(message).toContain(`adapter/adapter_model.safetensors: ${name} contains numbers that are not finite`);
      expect(message).not.toContain(backend.home);
    },
  );

  test.each([
    ['step', 1e15],
    ['step', 2 ** 53],
    ['step', -1],
    ['step', 1.5],
    ['createdAt', 1.5],
  ])('a run.json with %s %d is refused by its name', async (field, value) => {
    const message = await refusalOf((result) => {
      editValue(join(result, 'run.json'), (run) => ({ ...run, [field]: value }));
      reseal(result);
    });
    expect(message).toMatch(new RegExp(`run\\.json (has|is not valid) .*${field}`));
  });

  test.each([1e15, 2 ** 53, 3, -1, 0.5])('a history with the step %d is refused by its name', async (step) => {
    const message = await refusalOf((result) => {
      editValue(historyOf(result), (history) => ({
        ...history,
        columns: [{ name: 'loss', steps: [step], values: [1] }],
      }));
      reseal(result);
    });
    expect(message).toMatch(/history\/000000\.json\.gz (has the step|is not valid)/);
  });

  test('samples of a step beyond the plan are refused by their name', async () => {
    const message = await refusalOf((result) => {
      const folder = join(result, 'samples');
      const name = readdirSync(folder).find((one) => /^\d/.test(one)) ?? '';
      editValue(join(folder, name), (sampled) => ({ ...sampled, step: 1e15 }));
      reseal(result);
    });
    expect(message).toMatch(/samples\/\d+\.json\.gz has the step 1000000000000000, and its run plans 2 steps/);
  });
});
