import { migration as modelsAndDatasets } from './0010-models-and-datasets.ts';
import { migration as runs } from './0020-runs.ts';
import { migration as adapters } from './0030-adapters.ts';
import { migration as studiesAndJobs } from './0040-studies-and-jobs.ts';
import { migration as declaredParameters } from './0050-declared-parameters.ts';
import { migration as adapterParameters } from './0060-adapter-parameters.ts';
import { migration as scoresByContent } from './0070-scores-by-content.ts';
import { migration as metricBuckets } from './0080-metric-buckets.ts';
import { migration as foreignBases } from './0090-foreign-bases.ts';
import { migration as maskTables } from './0100-mask-tables.ts';
import { migration as tunings } from './0110-tunings.ts';
import { migration as studyProvenance } from './0120-study-provenance.ts';
import { migration as adapterPairs } from './0130-adapter-pairs.ts';
import { migration as adapterMetrics } from './0140-adapter-metrics.ts';
import { migration as adapterTags } from './0150-adapter-tags.ts';
import { migration as reportContents } from './0160-report-contents.ts';
import { migration as jobPositions } from './0170-job-positions.ts';
import { migration as importedRuns } from './0180-imported-runs.ts';
import { migration as chats } from './0190-chats.ts';
import { migration as runSamples } from './0200-run-samples.ts';
import { migration as pathsBelowTheHome } from './0210-paths-below-the-home.ts';
import { migration as stagedRuns } from './0220-staged-runs.ts';
import { migration as bundleResults } from './0230-bundle-results.ts';
import { migration as targets } from './0240-targets.ts';
import { migration as exponentialRate } from './0250-exponential-rate.ts';
import { migration as adapterConfigHashes } from './0260-adapter-config-hashes.ts';
import { migration as changedRecords } from './0270-changed-records.ts';
import type { Migration } from './migration.ts';

/** The schema's history, oldest first. */
export const migrations: readonly Migration[] = [
  modelsAndDatasets,
  runs,
  adapters,
  studiesAndJobs,
  declaredParameters,
  adapterParameters,
  scoresByContent,
  metricBuckets,
  foreignBases,
  maskTables,
  tunings,
  studyProvenance,
  adapterPairs,
  adapterMetrics,
  adapterTags,
  reportContents,
  jobPositions,
  importedRuns,
  chats,
  runSamples,
  pathsBelowTheHome,
  stagedRuns,
  bundleResults,
  targets,
  exponentialRate,
  adapterConfigHashes,
  changedRecords,
];
