import type { Workload } from '../workload.ts';
import { decoderShape } from './decoder.ts';
import { encoderShape } from './encoder.ts';
import { llama1bShape, smollm2Shape } from './llama.ts';
import { vitShape } from './vit.ts';

/** All workloads, in the order of the table. */
export const workloads: readonly Workload[] = [vitShape, encoderShape, decoderShape, smollm2Shape, llama1bShape];
