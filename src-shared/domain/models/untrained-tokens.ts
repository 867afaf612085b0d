import { z } from 'zod';
import type { AdapterSettings } from '../adapters/adapter.ts';
import { inputEmbedding, type ModelDescription } from './model.ts';

/** A token of the examples that the base never learned. */
export const untrainedTokenSchema = z.object({
  id: z.number().int(),
  text: z.string(),
  inEmbedding: z.boolean().describe('its row of the embedding is untrained'),
  inHead: z.boolean().describe('its row of the head is untrained, and it is in the loss'),
});
export type UntrainedToken = z.infer<typeof untrainedTokenSchema>;

type Setting = NonNullable<AdapterSettings['trainable_token_indices']>;

/** The setting that trains these tokens: in the embedding and a tied head, or also in a head of its own. */
export function tokensRemedy(tokens: readonly UntrainedToken[], description: ModelDescription): Setting {
  const texts = tokens.map(({ text }) => text);
  const input = inputEmbedding(description);
  const head = description.linears.find(({ isHead, isMissing }) => isHead && !isMissing);
  const isTied = head?.checkpointKey === input?.checkpointKey;
  if (!input || !head || isTied || tokens.every(({ inHead }) => !inHead)) return texts;
  return { [lastPart(input.name)]: texts, [lastPart(head.name)]: texts };
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** A sentence on tokens that the base never learned; null if there are none, or the run trains them. */
export function untrainedNote(
  tokens: readonly UntrainedToken[],
  { trainable_token_indices: trained, modules_to_save: saved, target_modules: targets }: TrainedParts,
  description: ModelDescription,
): string | null {
  const tables = description.linears.filter(({ kind, isHead }) => kind === 'embedding' || isHead);
  const named = [...(saved ?? []), ...(Array.isArray(targets) ? targets : [])];
  const trainsTable = tables.some(({ name }) => named.some((entry) => name === entry || name.endsWith(`.${entry}`)));
  const given =
    trained === undefined || trained === null ? [] : Array.isArray(trained) ? trained : Object.values(trained).flat();
  const left = tokens.filter(({ id, text }) => !given.includes(id) && !given.includes(text));
  if (trainsTable || left.length === 0) return null;
  const names = left.map(({ text }) => text).join(', ');
  const [are, rows] = left.length === 1 ? ['was', 'row'] : ['were', 'rows'];
  const where = left.some(({ inHead }) => inHead)
    ? 'the model cannot learn to write'
    : 'the model cannot learn to read';
  return `${names} ${are} never trained in the base (${rows} of an unused token): with frozen embeddings, ${where} ${left.length === 1 ? 'it' : 'them'}.`;
}

/** Settings of an adapter that decide which tokens are trained. */
interface TrainedParts {
  readonly trainable_token_indices?: AdapterSettings['trainable_token_indices'] | undefined;
  readonly modules_to_save?: readonly string[] | null | undefined;
  readonly target_modules?: string | readonly string[] | undefined;
}
