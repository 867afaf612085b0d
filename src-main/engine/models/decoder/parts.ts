import type { AdapterMemory } from '../memory.ts';
import { type ExpertsLayout, expertsContents, expertsMemory } from './feed-forward/experts.ts';
import { type GatedLayout, gatedContents, gatedMemory } from './feed-forward/gated.ts';
import { type PlainLayout, plainContents, plainMemory } from './feed-forward/plain.ts';
import { type AttentionLayout, attentionContents, attentionMemory } from './mixers/attention.ts';
import { type DeltaNetLayout, deltaNetContents, deltaNetMemory } from './mixers/delta-net.ts';
import {
  type ShortConvolutionLayout,
  shortConvolutionContents,
  shortConvolutionMemory,
} from './mixers/short-convolution.ts';
import type { PartContents, PartMemory, PartSizes } from './part.ts';

/** Parts of a layer that mix tokens. A further kind is a file in `mixers/`, and one in `blocks/mixers/` for its forward pass. */
export type MixerLayout = AttentionLayout | DeltaNetLayout | ShortConvolutionLayout;

/** Parts of a layer that treat each token by itself; their files are in `feed-forward/` and `blocks/feed-forward/`. */
export type FeedForwardLayout = GatedLayout | PlainLayout | ExpertsLayout;

export function mixerContents(layout: MixerLayout): PartContents {
  switch (layout.kind) {
    case 'attention':
      return attentionContents(layout);
    case 'delta-net':
      return deltaNetContents(layout);
    case 'short-convolution':
      return shortConvolutionContents(layout);
  }
}

export function mixerMemory(layout: MixerLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  switch (layout.kind) {
    case 'attention':
      return attentionMemory(layout, sizes, adapters);
    case 'delta-net':
      return deltaNetMemory(layout, sizes, adapters);
    case 'short-convolution':
      return shortConvolutionMemory(layout, sizes, adapters);
  }
}

export function feedForwardContents(layout: FeedForwardLayout): PartContents {
  switch (layout.kind) {
    case 'gated':
      return gatedContents(layout);
    case 'plain':
      return plainContents(layout);
    case 'experts':
      return expertsContents(layout);
  }
}

export function feedForwardMemory(layout: FeedForwardLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  switch (layout.kind) {
    case 'gated':
      return gatedMemory(layout, sizes, adapters);
    case 'plain':
      return plainMemory(layout, sizes, adapters);
    case 'experts':
      return expertsMemory(layout, sizes, adapters);
  }
}
