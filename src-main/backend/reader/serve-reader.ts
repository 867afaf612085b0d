import { setImmediate } from 'node:timers/promises';
import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';
import { readingContract } from '../reading/contract.ts';
import type { RunCost } from '../reading/run-schemas.ts';

// Each reading loads what it needs: most of these processes read one thing, and all of it takes as long to load as most of
// that takes to read.
const templates = () => import('../generation/templates.ts');
const tokens = () => import('../library/datasets/describe-tokens.ts');
const textPreview = () => import('../library/datasets/text-preview.ts');
const bundleFiles = () => import('../bundles/bundle-files.ts');
const results = () => import('../bundles/read-result.ts');
const imagePreview = () => import('../library/datasets/image-preview.ts');

/** Reads files that somebody else may have made, for the backend on the other side of the channel. */
export function serveReader(channel: Channel): void {
  const gone = new AbortController();
  channel.onClose(() => gone.abort(new StudioError('disconnected', 'The backend is gone.')));
  const server = serve(channel, readingContract, {
    ready: () => ({ ok: true }) as const,
    abilities: async ({ folder }) => (await templates()).textAbilities(folder),
    templates: async ({ folder }) => (await templates()).templateChoices(folder),
    render: async ({ folder, ...prompt }) => (await templates()).renderPrompt(folder, prompt),
    model: async ({ folder }) =>
      (await import('../../engine/models/huggingface/model-folder.ts')).describeModel(folder),
    modelConfig: async ({ folder }) => (await import('../library/models/model-config.ts')).readModelConfig(folder),
    tokenizerIdentity: async ({ folder }) =>
      (await import('../../engine/tokenization/tokenizer-identity.ts')).readTokenizerIdentity(folder),
    fits: async ({ model, datasets }) => (await import('../library/models/model-fits.ts')).fitsOf(model, datasets),
    plannedModules: async ({ settings, description }) =>
      (await import('../../engine/adapters/inspect/planned-outline.ts')).plannedModules(settings, description),
    async checkRuns({ runs, ...parts }) {
      const { checkConfig } = await import('../runs/check-config.ts');
      for (const { seedFolder, ...run } of runs) await checkConfig({ ...placed(parts, run), seedFolder });
      return { ok: true } as const;
    },
    async costs({ runs, ...parts }) {
      const { costOf } = await import('../runs/cost.ts');
      const costs: RunCost[] = [];
      for (const { backend, ...run } of runs) costs.push(await costOf({ ...placed(parts, run), backend }));
      return costs;
    },
    async benchmarks({ path, isConfined, prompt, ...options }) {
      const { prepareTasks } = await import('../../engine/benchmarks/prepare-task.ts');
      const { TaskPlace } = await import('../../engine/benchmarks/task-place.ts');
      const { readConfigFiles } = await import('../../engine/benchmarks/task-file.ts');
      const { groupsOf } = await import('../../engine/benchmarks/group-file.ts');
      const { promptForm } = await import('../../engine/benchmarks/prompt-form.ts');
      const place = new TaskPlace(path, isConfined);
      const files = await readConfigFiles(place);
      const tasks = await prepareTasks(place, files, { ...options, form: await promptForm(prompt) });
      const names = tasks.map(({ name }) => name);
      return { tasks, groups: groupsOf(place, files, names) };
    },
    async scoredTask({ path, isConfined, prompt, metric, filter, ...options }) {
      const { prepareTasks } = await import('../../engine/benchmarks/prepare-task.ts');
      const { TaskPlace } = await import('../../engine/benchmarks/task-place.ts');
      const { readConfigFiles } = await import('../../engine/benchmarks/task-file.ts');
      const { promptForm } = await import('../../engine/benchmarks/prompt-form.ts');
      const { scoredQuestions } = await import('../../engine/benchmarks/scored-questions.ts');
      const place = new TaskPlace(path, isConfined);
      const files = await readConfigFiles(place);
      const tasks = await prepareTasks(place, files, { ...options, form: await promptForm(prompt) });
      return scoredQuestions(tasks, { metric, filter, isChat: prompt.templateOf !== null });
    },
    detect: async ({ path }) => (await import('../../engine/data/readers/index.ts')).detectReader(path),
    async importAdapter(request) {
      const { maxHostEntries } = await import('../../engine/api/formats.ts');
      const { readImport } = await import('../library/adapters/read-import.ts');
      return readImport(request, { entries: maxHostEntries });
    },
    async convertAdapter({ threads, ...request }) {
      const { activateCompute } = await import('../../engine/compute/index.ts');
      const { readImport } = await import('../library/adapters/read-import.ts');
      await activateCompute('auto', threads);
      return readImport(request, {
        async onModule(modules, totalModules): Promise<void> {
          server.emit('converted', { modules, totalModules });
          // The event is sent, and a cancel read, between modules.
          await setImmediate();
        },
      });
    },
    inspect: async (input) => (await textPreview()).inspectPath(input),
    inspectRows: async (input) => (await textPreview()).inspectPathRows(input),
    inspectTokens: async ({ model, ...input }) =>
      (await import('../library/datasets/inspect-tokens.ts')).inspectTokens(model, input),
    async texts({ dataset, characters, ...part }) {
      const { cutTexts, readExamples } = await textPreview();
      return (await listOf(readExamples(dataset, part))).map((example) => cutTexts(example, characters));
    },
    tokens: async ({ dataset, columns, model, ...example }) =>
      (await tokens()).describeTokens(model, columns, dataset, example),
    lengths: async ({ dataset, columns, model, chat_template }) =>
      (await tokens()).countTokens(model, columns, dataset, chat_template),
    preview: async ({ source, ...part }) => (await imagePreview()).previewImages(source, part),
    image: async ({ path }) => (await imagePreview()).previewImage(path),
    async describe({ source, compares }) {
      const { describeDataset } = await import('../library/datasets/describe-dataset.ts');
      return describeDataset(
        source,
        { onRead: (read) => server.emit('rows', read), signal: gone.signal },
        { compares },
      );
    },
    async recordedRuns({ path }) {
      const { readRuns } = await import('../trackers/read-runs.ts');
      const problems = await readRuns(path, (found) => server.emit('run', found));
      return { problems: problems.map(toErrorValue) };
    },
    async checkModelHead({ folder, wholeBytes }) {
      const { checkModelHead } = await import('../../engine/models/huggingface/model-folder.ts');
      return { description: await checkModelHead(folder, new Map(Object.entries(wholeBytes))) };
    },
    async checkGgufHead({ file, wholeBytes, folder }) {
      const { checkGgufHead } = await import('../../engine/formats/gguf/check-head.ts');
      return { convertedBytes: await checkGgufHead(file, wholeBytes, folder) };
    },
    async convertGguf({ file, folder, decoded }) {
      const { convertGguf } = await import('../../engine/formats/gguf/convert.ts');
      const { requireDiskSpace } = await import('../../files/disk-space.ts');
      const { warnings } = await convertGguf(file, folder, {
        decoded,
        signal: gone.signal,
        onProgress: (bytes, totalBytes) => server.emit('written', { bytes, totalBytes }),
        beforeWriting: (bytes) => requireDiskSpace(folder, bytes),
      });
      return { warnings: [...warnings] };
    },
    run: async ({ yaml }) => (await import('../runs/run-yaml.ts')).fromYaml(yaml),
    bundle: async ({ folder }) => (await bundleFiles()).parseBundle(folder),
    jobRun: async ({ folder, job }) => (await bundleFiles()).parseJobRun(folder, job),
    async resultHeads({ jobs, ...bundle }) {
      const { readHead } = await results();
      return Promise.all(jobs.map((job) => readHead(bundle, job)));
    },
    failedAttempts: async ({ jobs, ...bundle }) => (await results()).readFailures(bundle, jobs),
    async copyResults({ folder, models, datasets, results: copied }) {
      const { copyResult } = await import('../bundles/copy-result.ts');
      const copies = copied.map((result) => copyResult(folder, placed({ models, datasets }, result)));
      // On an error the caller removes the folders of all results: no copy may still be writing into one.
      await Promise.allSettled(copies);
      return Promise.all(copies);
    },
    resultRows: async ({ results: copied }) => (await import('../bundles/read-rows.ts')).readRows(copied),
  });
}

/** A run with its model and dataset. */
function placed<Model, Dataset, Run extends { readonly model: number; readonly dataset: number }>(
  { models, datasets }: { readonly models: readonly Model[]; readonly datasets: readonly Dataset[] },
  run: Run,
) {
  const [model, dataset] = [models[run.model], datasets[run.dataset]];
  if (model === undefined || dataset === undefined) throw new RangeError('a run names no model or dataset');
  return { ...run, model, dataset };
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
