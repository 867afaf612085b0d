import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { withMembers } from '../models/huggingface/json-members.ts';
import { readConfig } from '../models/huggingface/model-folder.ts';
import { openModelWeights } from '../models/huggingface/model-weights.ts';
import { grownTensors, requireGrowable, vocabularyRows } from '../models/huggingface/resize-vocabulary.ts';
import { copyModelCompanions, provenanceAbove, writeModelWeights } from '../models/huggingface/write-model.ts';
import { knownIds, placeTokens, writeTokens } from '../tokenization/new-tokens.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Writes a copy of a base with further tokens as a model folder, tensor by tensor and atomically. */
export async function runAddTokensTask(
  { modelDirectory, description, tokens, from, outputDirectory }: EngineTaskOf<'add-tokens'>,
  context: TaskContext,
): Promise<EngineResultOf<'add-tokens'>> {
  const tokenizer = await loadTokenizer(modelDirectory);
  const placed = placeTokens(tokenizer, tokens);
  const config = await readConfig(modelDirectory);
  const weights = await openModelWeights(modelDirectory);
  try {
    requireGrowable({ description, weights });
    const grown = { description, weights, known: knownIds(tokenizer), ids: placed.map(({ id }) => id) };
    let meter: ProgressMeter | null = null;
    const onTensor = async (done: number, total: number) => {
      if (await context.signal()) throw new StudioError('cancelled', 'Adding tokens was cancelled.');
      if (meter !== null) return meter.at(done);
      meter = new ProgressMeter(context, 'Adding tokens', total, 'tensors');
      meter.startAt(done);
    };
    await writeFolderAtomic(outputDirectory, async (temporary) => {
      await copyModelCompanions(modelDirectory, temporary);
      await writeTokens(temporary, tokenizer.files, placed);
      await writeModelWeights(temporary, grownTensors(grown, onTensor));
      const changed = withMembers(await readFile(config.path, 'utf8'), { vocab_size: vocabularyRows(grown) });
      await writeFile(path.join(temporary, 'config.json'), changed);
      const made = `${tokens.length} added by CoTo Studio to the tokens of "${from.name}" (SHA-256 ${from.fingerprint}).\n`;
      await writeFile(path.join(temporary, 'PROVENANCE.md'), await provenanceAbove(modelDirectory, made));
    });
    return { kind: 'add-tokens', outputDirectory, tokens: placed };
  } finally {
    await weights.close();
  }
}

export const addTokensJob = defineEngineJob('add-tokens', runAddTokensTask);
