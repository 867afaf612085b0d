import { pruneMethod } from '../prune/index.ts';
import type { StudyKind } from './study-kind.ts';

/** Every adapter whole, under each structured pattern, and at each magnitude sparsity (each factor by itself). */
export const pruningStudy: StudyKind<'pruning'> = {
  kind: 'pruning',
  declaration: {
    id: 'pruning',
    label: 'Pruning',
    summary: 'How well adapters stand losing whole layers or the smallest entries of their factors.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
    parameters: [],
  },
  passes: (config) => config.adapters.length * (1 + config.patterns.length + config.sparsities.length),
  async run(config, environment) {
    const { description } = environment.base;
    const magnitude = pruneMethod('magnitude');
    const adapters = [];
    for (const { label, coto, seed, adapter } of config.adapters) {
      const name = /\bseed\s*=?\s*\d+$/i.test(label) ? label : `${label}, seed ${seed}`;
      const state = await environment.adapter(adapter, name);
      const unpruned = await environment.score(state, `Unpruned, ${name}`);
      const patterns = [];
      for (const { method: id, parameters } of config.patterns) {
        const method = pruneMethod(id);
        const pruned = method.prune(state, description, parameters);
        const patternLabel = method.describe(parameters);
        const score = await environment.score(pruned.state, `${patternLabel}, ${name}`);
        patterns.push({ label: patternLabel, method: id, parameters, ...score });
      }
      const sparsities = [];
      for (const sparsity of config.sparsities) {
        const { state: pruned, kept, total } = magnitude.prune(state, description, { sparsity });
        const score = await environment.score(pruned, `${magnitude.describe({ sparsity })}, ${name}`);
        sparsities.push({ sparsity, kept, total, ...score });
      }
      adapters.push({ label, coto, seed, unpruned, patterns, sparsities });
    }
    return { kind: 'pruning', examples: environment.examples, adapters };
  },
};
