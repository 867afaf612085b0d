import type { Provenance } from '../../domain/adapters/provenance.ts';
import type { JobSpec } from '../../domain/studies/plan.ts';
import { formatBytes } from '../../format/bytes.ts';

/** Makes a study again, in the folder of the file that it is saved as. */
export const studyCommand = 'coto study study.yaml';

export interface ProvenanceFact {
  readonly label: string;
  readonly value: string;
}

/**
 * Describes a result's provenance in labels and texts, for the window, the command and reports.
 * @param maxAdapters adapters to list; the others are counted
 */
export function provenanceFacts(
  provenance: Provenance | null,
  maxAdapters = Number.POSITIVE_INFINITY,
): ProvenanceFact[] {
  if (provenance === null) return [{ label: 'How it was made', value: 'not recorded by the version that made it' }];
  const { version, commit, node, platform, cpu, cores, memoryBytes, backend, threads, trainedOn } = provenance;
  const { bases, datasets, adapters, seeds, parts } = provenance;
  const listed = (label: string, values: readonly string[]): ProvenanceFact[] =>
    values.map((value, at) => ({ label: values.length === 1 ? label : `${label} ${at + 1}`, value }));
  const { registration } = provenance;
  return [
    { label: 'Version', value: `CoTo Studio ${version}${commit === null ? '' : `, commit ${commit}`}; Node ${node}` },
    { label: 'Machine', value: `${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}; ${platform}` },
    ...(backend === null
      ? []
      : [
          {
            label: 'Evaluated on',
            value: `${backend.id}${backend.device === null ? '' : ` (${backend.device})`}${threads === null ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`}`,
          },
        ]),
    ...listed('Trained on', trainedOn),
    ...parts.map(({ kind, planned, jobs, seconds }) => ({
      label: partLabels.get(kind) ?? kind,
      value:
        jobs === 0
          ? `${planned}, all there already`
          : `${planned}, with ${jobs} ${jobs === 1 ? 'job' : 'jobs'} in ${duration(seconds)}`,
    })),
    ...(registration === undefined
      ? []
      : [
          { label: 'Registered', value: `${registration.registeredAt}, SHA-256 ${registration.sha256}` },
          {
            label: 'Deviations',
            value: registration.deviations.length === 0 ? 'none' : registration.deviations.join('; '),
          },
        ]),
    ...(seeds.length === 0 ? [] : [{ label: seeds.length === 1 ? 'Seed' : 'Seeds', value: seeds.join(', ') }]),
    ...listed(
      'Base',
      bases.map(({ name, fingerprint }) => `${name}, fingerprint ${fingerprint}`),
    ),
    ...listed(
      'Data',
      datasets.map(({ name, sha256 }) => `${name}, ${sha256 === null ? 'not hashed' : `SHA-256 ${sha256}`}`),
    ),
    ...listed(
      'Adapter',
      adapters
        .slice(0, maxAdapters)
        .map(({ name, sha256, seed }) => `${name}${seed === null ? '' : `, seed ${seed}`}, SHA-256 ${sha256}`),
    ),
    ...(adapters.length > maxAdapters
      ? [{ label: 'Further', value: `${adapters.length - maxAdapters} adapters, listed in result.json` }]
      : []),
  ];
}

const kindLabels: Readonly<Record<JobSpec['kind'], string>> = {
  train: 'Trainings',
  score: 'Scores',
  masks: 'Tables of masks',
  mergeability: 'Comparisons of adapters',
};
/** By kind of work, of whatever version recorded it. */
const partLabels: ReadonlyMap<string, string> = new Map(Object.entries(kindLabels));

/** "12 s", "4 min", "2.5 h" */
function duration(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
