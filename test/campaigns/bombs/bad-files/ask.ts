import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
} from '../../../../src-shared/contract/requests.ts';
import { badAdapters } from './adapters.ts';
import type { BadFile, BadFileKind } from './bad-file.ts';
import { badDatasets } from './datasets.ts';
import { badModels } from './models.ts';
import { badRuns } from './runs.ts';
import { badTokenizers } from './tokenizers.ts';

export const badFiles: readonly BadFile[] = [
  ...badModels,
  ...badTokenizers,
  ...badAdapters,
  ...badDatasets,
  ...badRuns,
];

/** Sends a request to the backend. */
export type Ask = <Name extends RequestName>(name: Name, input: RequestInput<Name>) => Promise<RequestOutput<Name>>;

/** The id of a dataset of texts, which the tokenizers are asked about. */
export interface Known {
  readonly texts: string;
}

const steps: Readonly<
  Record<BadFileKind, (ask: Ask, given: string, known: Known) => readonly (() => Promise<unknown>)[]>
> = {
  model: (ask, path) => [() => ask('models.add', { path })],
  tokenizer(ask, path, { texts }) {
    let model = '';
    return [
      async () => {
        model = (await ask('models.add', { path })).id;
      },
      async () => refuse((await ask('generation.abilities', { model })).problem),
      async () =>
        refuse(
          (await ask('generation.render', { model, messages: [{ role: 'user', content: 'a'.repeat(40) }] })).problem,
        ),
      () => ask('datasets.lengths', { id: texts, model }),
      () => ask('models.fits', { id: model }),
    ];
  },
  adapter(ask, path) {
    let id = '';
    return [
      async () => {
        id = (await ask('adapters.import', { path, modelId: 'small-llama' })).id;
      },
      () => (id === '' ? nothing() : ask('adapters.contents', { id })),
    ];
  },
  dataset(ask, path) {
    let id = '';
    return [
      () => ask('datasets.inspect', { path }),
      async () => {
        id = (await ask('datasets.add', { path })).id;
      },
      async () => {
        if (id === '') return;
        const { text } = (await ask('datasets.get', { id })).description;
        await (text === null
          ? ask('datasets.preview', { id, split: 'train' })
          : ask('datasets.texts', { id, split: 'train' }));
      },
    ];
  },
  image: (ask, path) => [() => ask('classification.image', { path })],
  runs: (ask, path) => [() => ask('runs.import', { path })],
  yaml: (ask, yaml) => [() => ask('runs.parse', { yaml })],
  forecast: (ask, given, { texts }) => [
    () =>
      ask(
        'runs.forecast',
        requests['runs.forecast'].input.parse({
          configs: JSON.parse(given.replaceAll('"texts"', JSON.stringify(texts))),
        }),
      ),
  ],
  gguf: (ask, file) => [
    async () => {
      const { id } = await ask('models.convert', { file });
      for (;;) {
        const { status, error } = await ask('jobs.get', { id });
        if (status === 'completed') return;
        if (status === 'failed') refuse(error);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  ],
};

async function nothing(): Promise<void> {}

function refuse(problem: { readonly message: string } | string | null): void {
  if (problem !== null) throw new StudioError('refused', typeof problem === 'string' ? problem : problem.message);
}

/** Returns the app's answer to a file: "accepted", or the message of each request that rejects it. */
export async function answersTo(file: Pick<BadFile, 'kind'>, given: string, ask: Ask, known: Known): Promise<string> {
  const said: string[] = [];
  for (const step of steps[file.kind](ask, given, known))
    try {
      await step();
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      // The backend is gone, or it has met what it does not know: no answer to any file.
      if (['disconnected', 'internal'].includes(error.code)) throw error;
      if (!said.includes(error.message) && error.code !== 'not_found') said.push(error.message);
      // The next request would be ended like this one.
      if (/was stopped|ended unexpectedly/.test(error.message)) break;
    }
  return said.length === 0 ? 'accepted' : said.join(' · ');
}
