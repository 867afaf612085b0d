import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import {
  type JobSpec,
  leavesWithHeads,
  type MasksSpec,
  type ScoreSpec,
  tuningOf,
} from '../../../src-shared/domain/plan.ts';
import { headInUse } from '../../engine/evaluation/head-labels.ts';
import { requireTask } from '../../engine/tasks/index.ts';
import { commonModel } from '../library/adapter-base.ts';
import { peekDataset } from '../library/datasets.ts';
import { taskSettingsFor } from '../library/task-settings.ts';
import { checkPlannedRun } from '../runs/runs.ts';
import type { HandlerServices } from '../services.ts';
import { checkPlannedMasks } from './planned-masks.ts';
import type { StudioFacts } from './study-facts.ts';

type ScoredSpec = ScoreSpec | MasksSpec;

/**
 * Checks a plan before anything is queued: its runs, and of what it scores the bases, the dataset, its test examples and the
 * labels, as far as the adapters are there. What only tensors tell is left to the engine.
 * @throws StudioError naming adapter or dataset, with the way out
 */
export async function checkPlan(
  services: HandlerServices,
  facts: StudioFacts,
  specs: readonly JobSpec[],
): Promise<void> {
  const checked = new Set<string>();
  for (const spec of specs) {
    if (spec.kind === 'train') {
      await checkPlannedRun(services, spec.config);
      continue;
    }
    if (spec.kind === 'mergeability') continue;
    if (spec.kind === 'masks') await checkPlannedMasks(services, facts, spec);
    const adapters = adaptersOf(spec, facts);
    const identified = adapters.map(({ adapter, head }) => `${adapter.id} ${head}`).sort();
    const tuning = tuningOf(spec.subject).map(({ dataset }) => dataset);
    const key = JSON.stringify([spec.dataset, spec.validation_samples ?? null, identified, tuning]);
    if (checked.has(key)) continue;
    checked.add(key);
    await checkScore(services, facts, spec, adapters);
    for (const { dataset } of tuningOf(spec.subject)) await requireTraining(services, dataset);
  }
}

/** @throws StudioError refused for a dataset that a merge cannot be tuned on */
async function requireTraining(services: HandlerServices, dataset: string): Promise<void> {
  const { splits } = await peekDataset(services, dataset);
  if (splits.some((split) => split.name === 'train' && split.exampleCount > 0)) return;
  throw new StudioError(
    'refused',
    `The dataset ${services.store.datasets.find(dataset)?.name ?? dataset} has no training examples to tune a merge on.`,
    'Set search to none, and leave out merge methods that look at data.',
  );
}

interface ScoredAdapter {
  readonly adapter: AdapterRecord;
  /** Whether its own task head is in use. */
  readonly head: boolean;
}

/** The adapters that are there already. */
function adaptersOf({ subject }: ScoredSpec, facts: StudioFacts): ScoredAdapter[] {
  return leavesWithHeads(subject).flatMap(({ leaf, head }) => {
    const adapter = leaf.kind === 'adapter' ? facts.recordOf(leaf.adapter) : null;
    return adapter === null ? [] : { adapter, head };
  });
}

async function checkScore(
  services: HandlerServices,
  facts: StudioFacts,
  { dataset, validation_samples }: ScoredSpec,
  scored: readonly ScoredAdapter[],
): Promise<void> {
  const { store } = services;
  const description = await peekDataset(services, dataset);
  const name = store.datasets.find(dataset)?.name ?? dataset;
  // Validation examples come from the training split.
  if (
    validation_samples === undefined &&
    !description.splits.some((split) => split.name === 'test' && split.exampleCount > 0)
  )
    throw new StudioError(
      'refused',
      `The dataset ${name} has no test examples: nothing is held out to score on.`,
      'Choose a dataset with a test split, or hold rows out by its options on the Data page.',
    );
  if (scored.length === 0) return;
  const adapters = scored.map(({ adapter }) => adapter);
  const model = commonModel(store, adapters);
  const { task } = taskSettingsFor(store, adapters);
  const { declaration } = requireTask(task, model.description, description);
  if (!classifications.has(declaration.id) || description.text?.labelKind === 'numbers') return;
  for (const { adapter, head } of scored) {
    if (!head) continue;
    const { labels, rows } = headInUse(model.description, await facts.outlineOf(adapter, model.description));
    // The order of the labels is only known once the examples are read.
    if (labels === null ? rows === description.labels.length : isSameSet(labels, description.labels)) continue;
    throw new StudioError(
      'refused',
      `"${adapter.name}" was not trained for the labels of ${name} (${description.labels.length}: ${description.labels.slice(0, 3).join(', ')} …).`,
      'Choose the dataset that the adapter was trained on.',
    );
  }
}

const classifications = new Set<string>(['image-classification', 'text-classification']);

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [all, own] = [new Set(one), new Set(other)];
  return all.size === own.size && [...own].every((label) => all.has(label));
}
