import { z } from 'zod';
import { parameterValuesSchema } from '../../domain/parameters/parameter.ts';

/** Keys of a merge method of a config that is given with parameters. */
export const methodChoiceShape = { method: z.string(), parameters: parameterValuesSchema.default({}) };
