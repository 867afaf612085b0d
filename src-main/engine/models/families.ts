import type { ModelFamily } from './family.ts';
import { vitFamily } from './vit-family.ts';

/** Every base-model family of the studio. */
export const modelFamilies: readonly ModelFamily[] = [vitFamily];
