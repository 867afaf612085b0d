import type { Command } from 'commander';
import { z } from 'zod';
import { evaluationParameters } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { tuningParameters } from '../../../src-shared/domain/merging/merge.ts';
import type { RouteResult } from '../../../src-shared/domain/merging/route.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText, valueText } from '../../../src-shared/metrics/index.ts';
import { loss as lossMetric } from '../../../src-shared/metrics/loss.ts';
import { catalog } from '../../backend/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatPercent, formatTable } from '../format.ts';
import { addMethodOptions, addNumberOption, givenParameters } from '../method-options.ts';
import { findAdapter, findDataset } from '../references.ts';

const declarations = catalog.routers;
/** Routers without parameters that must be given, for the comparison. */
const baselines = declarations.filter(({ paper, parameters }) => paper === undefined && parameters.every(isSeed));

function isSeed({ name }: { readonly name: string }): boolean {
  return name === 'seed';
}

export function addRouteCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'route',
    summary: 'choose among adapters of one base by input, and score the choice on their datasets',
    options(command) {
      command
        .requiredOption('--adapters <adapter...>', 'ids, names, runs or folders: two or more of one base')
        .requiredOption('--router <router>', 'the router, from the list below')
        .option('--datasets <dataset...>', 'ids, names or paths to score on (default: those of the adapters)')
        .option('--baselines', `also score ${baselines.map(({ id }) => id).join(', ')}`);
      addNumberOption(command, evaluationParameters(), 'eval_samples', '--samples');
      addNumberOption(command, tuningParameters(), 'tuning_samples');
      addMethodOptions(command, declarations, { heading: 'Routers', noun: 'router', option: '--router' });
    },
    input: z.looseObject({
      adapters: z.array(z.string()),
      router: z.string(),
      datasets: z.array(z.string()).optional(),
      baselines: z.boolean().default(false),
      evalSamples: z.number(),
      tuningSamples: z.number(),
    }),
    async run(input, { terminal, withStudio }) {
      const parameters = givenParameters(declarations, input.router, input, 'router');
      const further = input.baselines ? baselines.filter(({ id }) => id !== input.router) : [];
      return withStudio(async (client) => {
        const adapters: string[] = [];
        for (const reference of input.adapters) adapters.push((await findAdapter(client, reference)).id);
        const datasets: string[] = [];
        for (const reference of input.datasets ?? [])
          datasets.push((await findDataset(client, reference, terminal)).id);
        const job = await client.request('route.start', {
          adapters,
          routers: [{ router: input.router, parameters }, ...further.map(({ id }) => ({ router: id }))],
          ...(datasets.length === 0 ? {} : { datasets }),
          eval_samples: input.evalSamples,
          tuning_samples: input.tuningSamples,
        });
        await followJob(client, job, terminal);
        const result = await jobResult(client, job, 'route');
        return { json: result, text: routeText(result) };
      });
    },
  });
}

/** Accuracy, loss, time and shares of each router on each dataset. */
function routeText({ adapters, datasets, routers }: RouteResult): string {
  const rows = datasets.flatMap((dataset, at) =>
    routers.flatMap(({ label, scores }) => {
      const score = scores[at];
      if (score === undefined) return [];
      const { accuracy, loss, secondsPerExample, shares } = score;
      return [
        [
          dataset.name,
          label,
          scoreText(accuracyMetric.id, accuracy),
          valueText(lossMetric.id, loss),
          `${(1000 * secondsPerExample).toPrecision(3)} ms`,
          ...shares.map((share) => formatPercent(share)),
        ],
      ];
    }),
  );
  const numbered = adapters.map(({ name }, at) => `${at + 1} ${name}`).join(', ');
  const columns = [
    'dataset',
    'router',
    ...[accuracyMetric, lossMetric].map(({ label }) => label.toLowerCase()),
    'per example',
    ...adapters.map((_, at) => `share ${at + 1}`),
  ];
  return `adapters: ${numbered}\n${formatTable(columns, rows, 2)}`;
}
