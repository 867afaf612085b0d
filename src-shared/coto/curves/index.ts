import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import type { Curve } from './curve.ts';
import { exponential } from './exponential.ts';
import { linear } from './linear.ts';
import { sine } from './sine.ts';
import { step } from './step.ts';

/** All curves by id, in display order. */
export const curves = { linear, sine, cosine, exponential, step, constant } satisfies Readonly<Record<string, Curve>>;
