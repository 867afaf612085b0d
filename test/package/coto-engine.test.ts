import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
/** True where the types are built and the registry is asked, which takes a minute: `.ci/run` does both, `npm test` neither. */
const isWhole = process.env['COTO_ENGINE_PACKAGE'] === 'whole';
const folder = mkdtempSync(join(tmpdir(), 'coto-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The folder of a program that installed the package, and nothing else. */
const program = join(folder, 'program');
const installed = join(program, 'node_modules/coto-engine');
const manifestSchema = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});
const manifestOf = (path: string) => manifestSchema.parse(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')));
/** Variables of the tests that name files of the repository or choose backends must not reach the program. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COTO_')));

function node(args: readonly string[], more: Readonly<Record<string, string>> = {}): string {
  return execFileSync(process.execPath, args, { cwd: program, encoding: 'utf8', env: { ...env, ...more } });
}

beforeAll(() => {
  const built = join(folder, 'coto-engine');
  const script = join(root, 'scripts/tasks/build-engine.mjs');
  execFileSync(process.execPath, [script, built, ...(isWhole ? [] : ['--no-types'])], { cwd: root, stdio: 'inherit' });
  const packed = execFileSync('npm', ['pack', '--silent', built], { cwd: folder, encoding: 'utf8' }).trim();
  mkdirSync(program);
  writeFileSync(join(program, 'package.json'), '{ "name": "program", "private": true, "type": "module" }\n');
  if (!isWhole) {
    installOffline(join(folder, packed));
    return;
  }
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...options, join(folder, packed)], {
    cwd: program,
    stdio: 'inherit',
  });
  if (status !== 0) installOffline(join(folder, packed));
});

/** Installs the package with the repository's dependencies, which have the same versions. */
function installOffline(tarball: string): void {
  rmSync(join(program, 'node_modules'), { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const { dependencies, optionalDependencies } = manifestOf(installed);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const link = join(program, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
}

test('the example trains, merges and evaluates in an empty folder', () => {
  copyFileSync(join(installed, 'example.mjs'), join(program, 'example.mjs'));
  expect(readFileSync(join(program, 'example.mjs'), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(20);
  const lines = node(['example.mjs'], { EXAMPLE_SAMPLES: '26' }).trim().split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/^adapter 1: accuracy [01]\.\d{3} after 40 steps$/),
    expect.stringMatching(/^adapter 2: accuracy [01]\.\d{3} after 40 steps$/),
    expect.stringMatching(/^merged: accuracy [01]\.\d{3}$/),
  ]);
  expect(readdirSync(join(program, 'runs/merged'))).toEqual(
    expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'coto_config.json']),
  );
});

test('the package has neither Electron nor SQLite, and versions of the app', () => {
  const { version, dependencies, optionalDependencies } = manifestOf(installed);
  const app = manifestOf(root);
  expect(version).toBe(app.version);
  expect(app.dependencies).toMatchObject(dependencies);
  expect(app.optionalDependencies).toMatchObject(optionalDependencies);
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  expect(names).toContain('@tensorflow/tfjs-backend-wasm');
  expect(names.filter((name) => /electron|sqlite|react|pino|birpc/.test(name))).toEqual([]);
  const imports = readFileSync(join(installed, 'index.js'), 'utf8').matchAll(/(?:from |import\()"([^"./][^"]*)"/g);
  const packages = [...imports].map(([, name = '']) => name).filter((name) => !name.startsWith('node:'));
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter((name) => /electron|sqlite/.test(name))).toEqual([]);
});

test.each([
  ['the native kernels', {}, existsSync(join(root, 'dist/native/coto-native.node')) ? 'native' : 'wasm'],
  ['WebAssembly without native kernels', { COTO_NATIVE_ADDON: '/nowhere/coto-native.node' }, 'wasm'],
] as const)('computes with %s', (_, more, expected) => {
  writeFileSync(
    join(program, 'generate.mjs'),
    `import { runJob, openModel, train } from 'coto-engine';
     import { fileURLToPath } from 'node:url';
     const asset = (name) => fileURLToPath(import.meta.resolve('coto-engine/assets/' + name));
     const config = { max_steps: 1, eval_samples: 1, adapter: { r: 1 } };
     const onEvent = (event) => event.kind === 'facts' && console.log(event.facts.backend);
     const output = 'runs/' + process.pid;
     await train({ model: asset('models/quickdraw-vit'), dataset: asset('data/font-letters'), output, config }, { onEvent });`,
  );
  expect(node(['generate.mjs'], more).trim()).toBe(expected);
});

test.skipIf(!isWhole)('its types accept the documented calls and reject others', () => {
  writeFileSync(
    join(program, 'consumer.ts'),
    `import { declarations, engineTaskSchema, type Adapter, type EngineEvent, evaluate, generate, merge, type Model, openModel, prune, readAdapter, runConfigSchema, runJob, StudioError, train, writeAdapter } from 'coto-engine';
     const model: Model = await openModel('models/bert');
     const layers: number = model.description.layerCount;
     const events: EngineEvent['kind'][] = [];
     const options = { compute: 'wasm', signal: AbortSignal.timeout(layers), onEvent: (event: EngineEvent) => void events.push(event.kind) } as const;
     const config = { learning_rate: 1e-3, coto: { initial_p: 0.2 }, adapter: { variant: 'dora', r: 8, target_modules: ['query'] } };
     const { adapter, result } = await train({ model, dataset: 'data.csv', output: 'run', config }, options);
     const accuracy: number | null | undefined = result?.accuracy;
     const merged = await merge({ model, adapters: [adapter ?? '', { directory: 'other', weight: [0.5, accuracy ?? 1] }], method: 'ties', output: 'merged' });
     const { metrics } = await evaluate({ model, dataset: 'data.csv', adapters: [merged.adapter ?? ''] }, options);
     const { kept } = await prune({ model, adapter: 'run', method: 'magnitude', parameters: { sparsity: 0.5 }, output: 'pruned' });
     const { text } = await generate({ model, prompt: [{ role: 'user', content: 'Hello' }] });
     const read: Adapter = await readAdapter('merged', model);
     await writeAdapter('copy', { ...read, labels: [text, String(kept), ...Object.keys(metrics)] }, model);
     const { evaluated } = await runJob({ kind: 'masks', modelDirectory: '/m', datasets: [], adapters: [], tables: [] });
     const ids: string[] = declarations.mergeMethods.map(({ id }) => id);
     export const seed: number = runConfigSchema.parse({}).seed + evaluated + ids.length;
     export const kind: string = engineTaskSchema.parse({}).kind;
     export const hint: string | null = new StudioError('refused', 'no').hint;
     // @ts-expect-error: there is no such setting
     await train({ model, dataset: 'data.csv', output: 'run', config: { learning_rat: 1 } });
     // @ts-expect-error: the output is missing
     await prune({ model, adapter: 'run', method: 'magnitude' });
     // @ts-expect-error: there is no such kind of job
     await runJob({ kind: 'fly' });
    `,
  );
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  };
  const typeRoots = [join(root, 'node_modules/@types')];
  writeFileSync(
    join(program, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots }, files: ['consumer.ts'] }),
  );
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', program],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
