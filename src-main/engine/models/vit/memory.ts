import { preNormMemory } from '../blocks/pre-norm-memory.ts';
import type { ModelMemory } from '../memory.ts';
import type { VitConfig } from './config.ts';

export function vitMemory(config: VitConfig): ModelMemory {
  const { hiddenSize: hidden, intermediateSize: inner, heads, tokens, image, layerCount } = config;
  return {
    inputs: (batch) => [batch * image.channels * image.height * image.width],
    layer: (index, batch, adapters) => {
      const name = `vit.layers.${index}`;
      const names = {
        q: `${name}.attention.q_proj`,
        k: `${name}.attention.k_proj`,
        v: `${name}.attention.v_proj`,
        o: `${name}.attention.o_proj`,
        fc1: `${name}.mlp.fc1`,
        fc2: `${name}.mlp.fc2`,
      };
      const onlyFirstToken = index === layerCount - 1;
      return preNormMemory({ batch, tokens, hidden, inner, heads, onlyFirstToken }, names, adapters);
    },
    // The class token's last state, normalized; the logits and their gradient.
    head: (batch, outputs) => [batch * hidden, batch * hidden, batch * outputs, batch * outputs],
  };
}
