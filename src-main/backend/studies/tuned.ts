import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type AdapterRecord, sourcesOf } from '../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { type TunedSide, type TunedVerdict, tunedVerdict } from '../../../src-shared/domain/runs/tuned.ts';
import { leavesOf } from '../../../src-shared/domain/studies/plan.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { adapterVariant } from '../../engine/api/adapters.ts';
import { type ChosenRate, studyWork } from '../../engine/api/studies.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { tuningKey } from '../library/content-keys.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { checkedRun } from '../runs/run-yaml.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'store' | 'reader' | 'hub' | 'paths'>;

/** Keeps what a study's sweep chose under the content of the runs that it chose it for. */
export async function recordTunings(services: Parts, studyId: string, chosen: readonly ChosenRate[]): Promise<void> {
  for (const { config, tuning } of chosen) {
    const content = await contentOf(services, config);
    if (content !== null) services.store.contents.saveTuning(content.key, studyId, tuning);
  }
}

/** Judges if a study's comparison is tuned; null before it has a result, or if it compares no adapters. */
export async function tunedStudy(services: Parts, study: StudyRecord): Promise<TunedVerdict | null> {
  if (study.result === null) return null;
  const work = studyWork(study.kind);
  const sides = await sidesOfRuns(services, work.compared(study.config, study.result));
  const references = work
    .plan(study.config)
    .flatMap((spec) => ('subject' in spec ? leavesOf(spec.subject) : []))
    .flatMap((leaf) => (leaf.kind === 'adapter' ? leaf.adapter : []));
  const found = references.map((reference) => adapterOrNull(services, reference));
  const adapters = found.flatMap((adapter) => adapter ?? []);
  const gone = found.includes(null) ? [deletedSide] : [];
  return tunedVerdict([...sides, ...(await sidesOfAdapters(services, adapters)), ...gone]);
}

/** An adapter of a study that is no longer in the studio: nothing is known of how it was made. */
const deletedSide: TunedSide = { name: 'a deleted adapter', learning_rate: null, dataset: null, sweeps: [] };

function adapterOrNull({ store }: Parts, reference: AdapterReference): AdapterRecord | null {
  try {
    return resolveReference(store, reference);
  } catch (thrown) {
    if (thrown instanceof StudioError && thrown.code !== 'internal') return null;
    throw thrown;
  }
}

export async function tunedRuns(services: Parts, ids: readonly string[]): Promise<TunedVerdict | null> {
  const runs = ids.flatMap((id) => services.store.runs.find(id) ?? []);
  // The tuning of an imported run's rate is unknown.
  if (runs.some(({ origin }) => origin !== undefined)) return null;
  const configs = runs.map(({ config }) => config);
  return tunedVerdict(await sidesOfRuns(services, configs));
}

export async function tunedAdapters(services: Parts, ids: readonly string[]): Promise<TunedVerdict | null> {
  return tunedVerdict(
    await sidesOfAdapters(
      services,
      ids.flatMap((id) => services.store.adapters.find(id) ?? []),
    ),
  );
}

/** Runs that differ in seed and evaluation only are one side. */
async function sidesOfRuns(services: Parts, configs: readonly RunConfig[]): Promise<TunedSide[]> {
  const sides = new Map<string, TunedSide>();
  for (const config of configs) {
    const content = await contentOf(services, config);
    const { learning_rate } = config;
    const place = `${content?.key} ${learning_rate}`;
    if (!sides.has(place))
      sides.set(place, {
        name: nameOf(config),
        learning_rate,
        dataset: content?.dataset ?? null,
        sweeps: content === null ? [] : services.store.contents.findTunings(content.key),
      });
  }
  return [...sides.values()];
}

/** The runs that adapters come from, through merges and prunings. */
async function sidesOfAdapters(services: Parts, adapters: readonly AdapterRecord[]): Promise<TunedSide[]> {
  const configs: RunConfig[] = [];
  const unknown = new Map<string, TunedSide>();
  const met = new Set<string>();
  const visit = (adapter: AdapterRecord): void => {
    if (met.has(adapter.id)) return;
    met.add(adapter.id);
    const { origin } = adapter;
    const run = origin.kind === 'run' ? services.store.runs.find(origin.runId) : null;
    const sources = sourcesOf(origin);
    const found = sources.flatMap(({ adapterId }) => services.store.adapters.find(adapterId) ?? []);
    if (run !== null) configs.push(run.config);
    else if (sources.length > 0 && found.length === sources.length) for (const source of found) visit(source);
    else unknown.set(adapter.id, { name: adapter.name, learning_rate: null, dataset: null, sweeps: [] });
  };
  for (const adapter of adapters) visit(adapter);
  return [...(await sidesOfRuns(services, configs)), ...unknown.values()];
}

/** null where base or data are no longer in the studio. */
async function contentOf(services: Parts, given: RunConfig): Promise<{ key: string; dataset: string } | null> {
  try {
    const config = checkedRun(given);
    const model = await resolveModel(services, config.model);
    const dataset = await resolveDataset(services, config.dataset);
    return { key: await tuningKey(config, model, dataset), dataset: dataset.id };
  } catch (thrown) {
    if (thrown instanceof StudioError && thrown.code !== 'internal') return null;
    throw thrown;
  }
}

function nameOf({ adapter, coto }: RunConfig): string {
  return `${adapterVariant(adapter.variant).declaration.label}${coto === null ? '' : ' + CoTo'}`;
}
