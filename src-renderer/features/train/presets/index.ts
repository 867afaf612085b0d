import { cotoPaper } from './coto-paper.ts';
import { loraWithoutRegret } from './lora-without-regret.ts';
import { peftDefaults } from './peft-defaults.ts';
import type { Preset } from './preset.ts';
import { quickTry } from './quick-try.ts';
import { unsloth } from './unsloth.ts';

/** In the order in which they are offered. */
export const presets: readonly Preset[] = [quickTry, peftDefaults, unsloth, loraWithoutRegret, cotoPaper];
