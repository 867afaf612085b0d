import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { describePruning } from '../../../../src-shared/domain/adapters/prune.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { pruningStudy } from '../../../../src-shared/studies/adapters/pruning.ts';
import type { PruningConfig, PruningGrid } from '../../../../src-shared/studies/adapters/pruning-schemas.ts';
import { seriesName } from '../../../../src-shared/studies/config/composing.ts';
import { pruneMethod, pruneMethods } from '../../prune/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { primaryMetric, withMetric } from '../scores/primary-metric.ts';
import { measuredScore } from '../scores/study-score.ts';

type Pattern = NonNullable<PruningConfig['patterns']>[number];
type Grid = NonNullable<PruningConfig['grids']>[number];

/** Scores every adapter unpruned, under each pattern, and at each value of each grid. */
export const pruningWork = defineStudyWork(pruningStudy, {
  fit: (config, facts) => withMetric(pruningStudy, config, facts),
  primaryMetric,
  plan: (config) =>
    config.adapters.flatMap(({ label, seed, adapter }, at): ScoreSpec[] => {
      const name = seriesName({ label, seed });
      const whole = adapterSubject(adapter);
      const spec = (key: string, what: string, subject: ScoreSpec['subject']): ScoreSpec => ({
        kind: 'score',
        key: `${at}/${key}`,
        title: `${what}, ${name}`,
        names: [name],
        dataset: config.dataset,
        eval_samples: config.eval_samples,
        subject,
      });
      const pruned = (key: string, method: string, parameters: ParameterValues) =>
        spec(key, nameOf(method, parameters), { kind: 'prune', method, parameters, subject: whole });
      return [
        spec('unpruned', 'Unpruned', whole),
        ...patternsOf(config).map(({ method, parameters }, index) => pruned(`pattern/${index}`, method, parameters)),
        ...gridsOf(config).flatMap((grid, place) =>
          pointsOf(grid).map(({ parameters }, index) => pruned(`grid/${place}/${index}`, grid.method, parameters)),
        ),
      ];
    }),
  fold(config, scoreOf) {
    const metric = primaryMetric(config);
    return {
      kind: 'pruning',
      examples: scoreOf('0/unpruned').examples,
      metric,
      adapters: config.adapters.map(({ label, coto, seed }, at) => ({
        label,
        coto,
        seed,
        unpruned: measuredScore(scoreOf(`${at}/unpruned`), metric),
        patterns: patternsOf(config).map(({ method, parameters }, index) => ({
          label: nameOf(method, parameters),
          method,
          parameters,
          ...measuredScore(scoreOf(`${at}/pattern/${index}`), metric),
        })),
        grids: gridsOf(config).map((grid, place): PruningGrid => {
          const { parameter, axis, percent, unchanged } = declaredGrid(grid.method);
          return {
            method: grid.method,
            label: pruneMethod(grid.method).declaration.label,
            parameter,
            parameters: grid.parameters,
            axis,
            percent,
            unchanged,
            points: pointsOf(grid).map(({ value, parameters }, index) => {
              const score = scoreOf(`${at}/grid/${place}/${index}`);
              const counts = { kept: score.kept ?? 0, total: score.total ?? 0 };
              return { value, label: nameOf(grid.method, parameters), ...counts, ...measuredScore(score, metric) };
            }),
          };
        }),
      })),
    };
  },
});

/** The patterns of the config, or those declared as usual by the methods. */
function patternsOf({ patterns }: PruningConfig): readonly Pattern[] {
  return (
    patterns ??
    pruneMethods.flatMap(({ declaration }) =>
      declaration.patterns
        .filter(({ usual }) => usual)
        .map(({ parameters }) => ({ method: declaration.id, parameters })),
    )
  );
}

/** The grids of the config, or those declared with values by the methods. */
function gridsOf({ grids }: PruningConfig): readonly Grid[] {
  return (
    grids ??
    pruneMethods.flatMap(({ declaration: { id, grid } }) =>
      grid === null || grid.values.length === 0 ? [] : [{ method: id, parameters: {}, values: grid.values }],
    )
  );
}

function pointsOf({ method, parameters, values }: Grid): { value: number; parameters: ParameterValues }[] {
  const { parameter } = declaredGrid(method);
  return values.map((value) => ({ value, parameters: { ...parameters, [parameter]: value } }));
}

/** @throws StudioError invalid_input if the method has no parameter for a curve */
function declaredGrid(method: string) {
  const { declaration } = pruneMethod(method);
  if (declaration.grid !== null) return declaration.grid;
  throw new StudioError(
    'invalid_input',
    `grids: ${declaration.label} has no parameter for a curve.`,
    'List it under patterns.',
  ).at('grids');
}

function nameOf(method: string, parameters: ParameterValues): string {
  return describePruning(pruneMethod(method).declaration, parameters);
}
