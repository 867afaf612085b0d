import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { ScoreSpec } from '../../../src-shared/domain/plan.ts';
import { describePruning } from '../../../src-shared/domain/prune.ts';
import { pruningStudy } from '../../../src-shared/studies/pruning.ts';
import { pruneMethod } from '../prune/index.ts';
import { defineStudyWork } from './define-study-work.ts';
import { pointScore } from './study-score.ts';

/** Every adapter whole, under each structured pattern, and at each magnitude sparsity (each factor by itself). */
export const pruningWork = defineStudyWork(pruningStudy, {
  plan: ({ dataset, eval_samples, adapters, patterns, sparsities }) =>
    adapters.flatMap(({ label, seed, adapter }, at): ScoreSpec[] => {
      const name = /\bseed\s*=?\s*\d+$/i.test(label) ? label : `${label}, seed ${seed}`;
      const whole = { kind: 'adapter', adapter } as const;
      const spec = (key: string, what: string, subject: ScoreSpec['subject']): ScoreSpec => ({
        kind: 'score',
        key: `${at}/${key}`,
        title: `${what}, ${name}`,
        names: [name],
        dataset,
        eval_samples,
        subject,
      });
      return [
        spec('unpruned', 'Unpruned', whole),
        ...patterns.map(({ method, parameters }, index) =>
          spec(`pattern/${index}`, nameOf(method, parameters), {
            kind: 'prune',
            method,
            parameters,
            subject: whole,
          }),
        ),
        ...sparsities.map((sparsity, index) =>
          spec(`sparsity/${index}`, nameOf('magnitude', { sparsity }), {
            kind: 'prune',
            method: 'magnitude',
            parameters: { sparsity },
            subject: whole,
          }),
        ),
      ];
    }),
  fold: (config, scoreOf) => ({
    kind: 'pruning',
    examples: scoreOf('0/unpruned').examples,
    adapters: config.adapters.map(({ label, coto, seed }, at) => ({
      label,
      coto,
      seed,
      unpruned: pointScore(scoreOf(`${at}/unpruned`)),
      patterns: config.patterns.map(({ method, parameters }, index) => ({
        label: nameOf(method, parameters),
        method,
        parameters,
        ...pointScore(scoreOf(`${at}/pattern/${index}`)),
      })),
      sparsities: config.sparsities.map((sparsity, index) => {
        const score = scoreOf(`${at}/sparsity/${index}`);
        return { sparsity, kept: score.kept ?? 0, total: score.total ?? 0, ...pointScore(score) };
      }),
    })),
  }),
});

function nameOf(method: string, parameters: ParameterValues): string {
  return describePruning(pruneMethod(method).declaration, parameters);
}
