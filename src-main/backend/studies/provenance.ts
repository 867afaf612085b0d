import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import packageJson from '../../../package.json' with { type: 'json' };
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Provenance } from '../../../src-shared/domain/adapters/provenance.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { type JobSpec, leavesOf, tuningOf } from '../../../src-shared/domain/studies/plan.ts';
import type { Registration } from '../../../src-shared/domain/studies/registration.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { contentHash } from '../../files/content-hash.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { sourceCommit } from './commit.ts';

/**
 * Collects the provenance of a finished plan's result.
 * @param specs the work of all rounds
 * @param jobId the study's job, whose parts are its own work
 * @param registration gets the runs that were trained before it as a deviation
 */
export async function provenanceOf(
  services: HandlerServices,
  specs: readonly JobSpec[],
  jobId: string,
  registration?: Registration,
): Promise<Provenance> {
  const { store, engine } = services;
  const { compute_backend: choice, threads } = store.settings.get();
  const { adapters, runs, datasetIds, modelIds } = await materialOf(services, specs);
  const backend = engine.backends(choice)?.find(({ chosen }) => chosen);
  const processors = cpus();
  const seedOf = (adapter: AdapterRecord) => runOf(services, adapter)?.config.seed ?? null;
  const datasets = [...datasetIds].flatMap((id) => store.datasets.find(id) ?? []);
  return {
    version: packageJson.version,
    commit: await sourceCommit(),
    node: process.versions.node,
    platform: `${platform()} ${process.arch} ${release()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length || availableParallelism(),
    memoryBytes: totalmem(),
    backend: backend === undefined ? null : { id: backend.id, device: backend.device },
    threads,
    trainedOn: distinct(
      runs.flatMap(({ facts }) =>
        facts === null
          ? []
          : `${facts.backend}, ${facts.threads} ${facts.threads === 1 ? 'thread' : 'threads'}, ${facts.computeDtype}`,
      ),
    ),
    bases: [...modelIds].flatMap((id) => {
      const model = store.models.find(id);
      return model === null ? [] : { name: model.name, fingerprint: model.description.fingerprint };
    }),
    datasets: await Promise.all(
      datasets.map(async ({ name, source }) => ({ name, sha256: await contentHash(source.path).catch(() => null) })),
    ),
    adapters: adapters.map((adapter) => ({ name: adapter.name, sha256: adapter.sha256, seed: seedOf(adapter) })),
    seeds: distinct(runs.map(({ config }) => config.seed)).sort((one, other) => one - other),
    ...(registration === undefined ? {} : { registration: withEarlierRuns(registration, runs) }),
    parts: partsOf(services, specs, jobId),
  };
}

/** A registration is of a study that nothing was trained for yet. */
function withEarlierRuns(registration: Registration, runs: readonly RunRecord[]): Registration {
  const earlier = runs.filter(({ createdAt }) => createdAt < Date.parse(registration.registeredAt));
  if (earlier.length === 0) return registration;
  const names = earlier.map(({ name }) => name).join(', ');
  const deviation = `${plural(earlier.length, 'run')} started before the registration: ${names}`;
  return { ...registration, deviations: [...registration.deviations, deviation] };
}

interface Material {
  readonly adapters: readonly AdapterRecord[];
  /** Runs that made these adapters, as far as they are still there. */
  readonly runs: readonly RunRecord[];
  readonly datasetIds: ReadonlySet<string>;
  readonly modelIds: ReadonlySet<string>;
}

/** Collects the inputs of the plan, in the order of its parts. */
async function materialOf(services: HandlerServices, specs: readonly JobSpec[]): Promise<Material> {
  const { store } = services;
  const adapters = new Map<string, AdapterRecord>();
  const datasets = new Set<string>();
  for (const spec of specs) {
    if (spec.kind === 'train') {
      const { adapterId } = (await plannedRun(services, spec)) ?? {};
      const adapter = adapterId == null ? null : store.adapters.find(adapterId);
      if (adapter !== null) adapters.set(adapter.id, adapter);
      continue;
    }
    // Adapters that are compared are scored too.
    if (spec.kind === 'mergeability') continue;
    datasets.add(spec.dataset);
    for (const { dataset } of tuningOf(spec.subject)) datasets.add(dataset);
    for (const leaf of leavesOf(spec.subject)) {
      if (leaf.kind !== 'adapter') continue;
      const adapter = resolveReference(store, leaf.adapter);
      adapters.set(adapter.id, adapter);
    }
  }
  const all = [...adapters.values()];
  const runs = all.flatMap((adapter) => runOf(services, adapter) ?? []);
  const scored = new Set<string>();
  for (const reference of datasets) scored.add((await resolveDataset(services, reference)).id);
  return {
    adapters: all,
    runs,
    datasetIds: new Set([...runs.map(({ datasetId }) => datasetId), ...scored]),
    modelIds: new Set(all.flatMap(({ modelId }) => modelId ?? [])),
  };
}

function runOf({ store }: HandlerServices, { origin }: AdapterRecord): RunRecord | null {
  return origin.kind === 'run' ? store.runs.find(origin.runId) : null;
}

/** By kind of work: how much was planned, and the jobs of this study that did it. */
function partsOf({ store }: HandlerServices, specs: readonly JobSpec[], jobId: string): Provenance['parts'] {
  const jobs = store.jobs.ofParent(jobId).filter(({ status }) => status === 'completed');
  const kinds = distinct([...specs.map(({ kind }) => kind), ...jobs.map(({ kind }) => kind)]);
  return kinds.map((kind) => {
    const own = jobs.filter((job) => job.kind === kind);
    return {
      kind,
      planned: specs.filter((spec) => spec.kind === kind).length,
      jobs: own.length,
      seconds: coveredMilliseconds(own) / 1000,
    };
  });
}

/** Time in which at least one of the jobs ran: jobs may run together. */
export function coveredMilliseconds(
  jobs: readonly { readonly startedAt: number | null; readonly finishedAt: number | null }[],
): number {
  const spans = jobs
    .flatMap(({ startedAt, finishedAt }) =>
      startedAt === null || finishedAt === null ? [] : [[startedAt, finishedAt]],
    )
    .sort(([one = 0], [other = 0]) => one - other);
  let [covered, until] = [0, Number.NEGATIVE_INFINITY];
  for (const [start = 0, end = 0] of spans) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return covered;
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
