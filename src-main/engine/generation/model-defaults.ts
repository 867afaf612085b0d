import path from 'node:path';
import { z } from 'zod';
import { generationParameters, type ModelDefaults } from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { once } from '../../../src-shared/once.ts';
import { readModelJson } from '../models/huggingface/model-json.ts';
import { sampling } from './sampling.ts';

const generationConfigSchema = z.looseObject({ do_sample: z.boolean().nullish().catch(null) });

/** Settings that a model may set, under Transformers' names, which are ours. */
const specs = once((): readonly ParameterSpec[] => [
  ...sampling.parameters,
  ...generationParameters().filter(({ name }) => name === 'max_new_tokens'),
]);

/**
 * Reads how a model wants its tokens chosen: generation_config.json, as Transformers' `save_pretrained` writes it. The
 * file omits Transformers' own defaults, so `do_sample: true` without a temperature means temperature 1; `do_sample:
 * false` always means greedy decoding. Other keys are ignored, and so is null.
 * @throws StudioError invalid_file if the file is not a JSON object.
 */
export async function readModelDefaults(directory: string): Promise<ModelDefaults> {
  const content = await readModelJson(path.join(directory, 'generation_config.json'), generationConfigSchema);
  if (content === null) return { values: {}, note: null };
  const { do_sample: draws, ...config } = content;
  const values: ParameterValues = draws === true ? { temperature: 1 } : {};
  const faults: string[] = [];
  for (const spec of specs()) {
    const given = config[spec.name];
    if (given === undefined || given === null) continue;
    const problem = checkParameters([spec], { [spec.name]: given }).get(spec.name);
    if (problem === undefined && typeof given === 'number') values[spec.name] = given;
    else faults.push(`${spec.name} is ${JSON.stringify(given)} (${problem ?? 'Enter a number.'})`);
  }
  if (draws === false) values['temperature'] = 0;
  const note = faults.length === 0 ? null : `Ignored in the model's generation_config.json: ${faults.join('; ')}`;
  return { values, note };
}
