import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';
import { renderPrompt, templateChoices, textAbilities } from '../generation/templates.ts';
import { describeDataset } from '../library/describe-dataset.ts';
import { countTokens, describeTokens } from '../library/describe-tokens.ts';
import { fitsOf } from '../library/model-fits.ts';
import { cutTexts, inspectPath, readExamples } from '../library/text-preview.ts';
import { checkTokenizer } from '../runs/check-tokenizer.ts';
import { fromYaml } from '../runs/run-yaml.ts';
import { readingContract } from './contract.ts';

/** Reads files that somebody else may have made, for the backend on the other side of the channel. */
export function serveReader(channel: Channel): void {
  const gone = new AbortController();
  channel.onClose(() => gone.abort(new StudioError('disconnected', 'The backend is gone.')));
  const server = serve(channel, readingContract, {
    ready: () => ({ ok: true }) as const,
    abilities: ({ folder }) => textAbilities(folder),
    templates: ({ folder }) => templateChoices(folder),
    render: ({ folder, messages, template }) => renderPrompt(folder, messages, template),
    fits: ({ model, datasets }) => fitsOf(model, datasets),
    async checkTokenizer({ model, dataset, config }) {
      await checkTokenizer(model, dataset, config);
      return { ok: true } as const;
    },
    inspect: (input) => inspectPath(input),
    async texts({ dataset, characters, ...part }) {
      return (await listOf(readExamples(dataset, part))).map((example) => cutTexts(example, characters));
    },
    tokens: ({ dataset, columns, model, split, index }) => describeTokens(model, columns, dataset, { split, index }),
    lengths: ({ dataset, columns, model }) => countTokens(model, columns, dataset),
    describe: ({ source }) =>
      describeDataset(source, { onRead: (read) => server.emit('rows', read), signal: gone.signal }),
    run: ({ yaml }) => fromYaml(yaml),
  });
}

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
