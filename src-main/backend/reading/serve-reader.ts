import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';
import { detectReader } from '../../engine/data/readers/index.ts';
import { convertGguf } from '../../engine/formats/gguf/convert.ts';
import { describeModel } from '../../engine/models/huggingface/model-folder.ts';
import { readTokenizerIdentity } from '../../engine/tokenization/tokenizer-identity.ts';
import { renderPrompt, templateChoices, textAbilities } from '../generation/templates.ts';
import { describeDataset } from '../library/describe-dataset.ts';
import { countTokens, describeTokens } from '../library/describe-tokens.ts';
import { requireDiskSpace } from '../library/disk-space.ts';
import { previewImage, previewImages } from '../library/image-preview.ts';
import { inspectTokens } from '../library/inspect-tokens.ts';
import { fitsOf } from '../library/model-fits.ts';
import { readImport } from '../library/read-import.ts';
import { cutTexts, inspectPath, readExamples } from '../library/text-preview.ts';
import { checkConfig } from '../runs/check-config.ts';
import { costOf } from '../runs/cost.ts';
import { fromYaml } from '../runs/run-yaml.ts';
import { readRuns } from '../trackers/read-runs.ts';
import { readingContract } from './contract.ts';
import type { RunCost } from './run-schemas.ts';

/** Reads files that somebody else may have made, for the backend on the other side of the channel. */
export function serveReader(channel: Channel): void {
  const gone = new AbortController();
  channel.onClose(() => gone.abort(new StudioError('disconnected', 'The backend is gone.')));
  const server = serve(channel, readingContract, {
    ready: () => ({ ok: true }) as const,
    abilities: ({ folder }) => textAbilities(folder),
    templates: ({ folder }) => templateChoices(folder),
    render: ({ folder, messages, template }) => renderPrompt(folder, messages, template),
    model: ({ folder }) => describeModel(folder),
    tokenizerIdentity: ({ folder }) => readTokenizerIdentity(folder),
    fits: ({ model, datasets }) => fitsOf(model, datasets),
    async checkRuns({ runs, ...parts }) {
      for (const { seedFolder, ...run } of runs) await checkConfig({ ...placed(parts, run), seedFolder });
      return { ok: true } as const;
    },
    async costs({ runs, ...parts }) {
      const costs: RunCost[] = [];
      for (const { backend, ...run } of runs) costs.push(await costOf({ ...placed(parts, run), backend }));
      return costs;
    },
    detect: ({ path }) => detectReader(path),
    importAdapter: (request) => readImport(request),
    inspect: (input) => inspectPath(input),
    inspectTokens: ({ model, ...input }) => inspectTokens(model, input),
    async texts({ dataset, characters, ...part }) {
      return (await listOf(readExamples(dataset, part))).map((example) => cutTexts(example, characters));
    },
    tokens: ({ dataset, columns, model, ...example }) => describeTokens(model, columns, dataset, example),
    lengths: ({ dataset, columns, model }) => countTokens(model, columns, dataset),
    preview: ({ source, ...part }) => previewImages(source, part),
    image: ({ path }) => previewImage(path),
    describe: ({ source, compares }) =>
      describeDataset(source, { onRead: (read) => server.emit('rows', read), signal: gone.signal }, { compares }),
    async recordedRuns({ path }) {
      const problems = await readRuns(path, (found) => server.emit('run', found));
      return { problems: problems.map(toErrorValue) };
    },
    async convertGguf({ file, folder, decoded }) {
      const { warnings } = await convertGguf(file, folder, {
        decoded,
        signal: gone.signal,
        onProgress: (bytes, totalBytes) => server.emit('written', { bytes, totalBytes }),
        beforeWriting: (bytes) => requireDiskSpace(folder, bytes),
      });
      return { warnings: [...warnings] };
    },
    run: ({ yaml }) => fromYaml(yaml),
  });
}

/** A run with its model and dataset. */
function placed<Model, Dataset>(
  { models, datasets }: { readonly models: readonly Model[]; readonly datasets: readonly Dataset[] },
  run: { readonly config: RunConfig; readonly model: number; readonly dataset: number },
) {
  const [model, dataset] = [models[run.model], datasets[run.dataset]];
  if (model === undefined || dataset === undefined) throw new RangeError('a run names no model or dataset');
  return { config: run.config, model, dataset };
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
