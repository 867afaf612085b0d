import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { StudyPackage } from '../../../src-shared/domain/studies/study-package.ts';
import { decodeOutcomes } from '../../../src-shared/results/outcomes.ts';
import { studyWork } from '../../engine/api/studies.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { byteProgress } from '../../files/byte-progress.ts';
import { fileHash } from '../../files/file-hash.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { JobContext } from '../jobs/job-context.ts';
import { copyAdapterFiles } from '../library/adapters/adapter-files.ts';
import { checkedRun, shortRun } from '../runs/run-yaml.ts';
import { filesBelow, packageFiles } from './package-files.ts';
import { roCrate } from './ro-crate.ts';
import { runRounds } from './run-plan.ts';
import { studyFiles } from './study-files.ts';

/** Files beside a base or a dataset that say who may use it. */
const licenseFile = /^(licen[cs]e|notice|provenance|copying)/i;

/**
 * Writes a finished study as a folder that others can check and repeat: the study, its result and tables, its adapters with their
 * settings, the outcome of every test example, licenses, versions, checksums and metadata (RO-Crate 1.1). Nothing is left of a
 * folder that could not be written.
 * @throws StudioError refused without a result, or for a folder that exists; cancelled between two files
 */
export async function packageStudy(
  services: HandlerServices,
  study: StudyRecord,
  folder: string,
  { abort, progress }: Pick<JobContext, 'abort' | 'progress'>,
): Promise<StudyPackage> {
  refuseExisting(folder);
  const { files } = studyFiles(services, study);
  const notes: string[] = [];
  await writeFolderAtomic(folder, async (temporary) => {
    for (const { name, text } of files) await writeFile(join(temporary, name), text);
    notes.push(...(await writeAdapters(services, study, temporary, { abort, progress })));
    abort.throwIfAborted();
    notes.push(...(await writePredictions(services, study, temporary)));
    notes.push(...(await writeLicenses(services, study, temporary)));
    await writeFile(join(temporary, packageFiles.versions), versionsOf(study));
    await writeFile(join(temporary, packageFiles.readme), readmeOf(study, notes));
    await writeFile(join(temporary, packageFiles.crate), await roCrate(study, temporary));
    await writeFile(join(temporary, packageFiles.checksums), await checksums(temporary, { abort, progress }));
  });
  const written = await filesBelow(folder);
  return { folder, files: written.length, bytes: written.reduce((sum, { bytes }) => sum + bytes, 0), notes };
}

/** @throws StudioError refused for a folder that exists */
export function refuseExisting(folder: string): void {
  if (existsSync(folder))
    throw new StudioError('refused', `${folder} already exists.`, 'Choose a new folder: nothing is overwritten.');
}

type Watch = Pick<JobContext, 'abort' | 'progress'>;

async function checksums(folder: string, { abort, progress }: Watch): Promise<string> {
  const lines: string[] = [];
  const files = await filesBelow(folder);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const onBytes = byteProgress('Hashing files', progress);
  let done = 0;
  for (const { path, bytes } of files) {
    abort.throwIfAborted();
    onBytes(done, total);
    lines.push(`${await fileHash(join(folder, path))}  ${path}\n`);
    done += bytes;
  }
  return lines.join('');
}

/** Adapters of the result, each with the settings of its run. @returns notes on what is missing */
async function writeAdapters(
  { home, store }: HandlerServices,
  study: StudyRecord,
  folder: string,
  { abort, progress }: Watch,
): Promise<string[]> {
  const notes: string[] = [];
  const known = Map.groupBy(store.adapters.list(), ({ sha256 }) => sha256);
  const wanted = study.provenance?.adapters ?? [];
  const total = wanted.length;
  for (const [at, { name, sha256 }] of wanted.entries()) {
    abort.throwIfAborted();
    progress({ phase: 'Copying adapters', done: at, total, unit: 'adapters', perSecond: null, etaSeconds: null });
    const [record] = known.get(sha256) ?? [];
    if (record === undefined) {
      notes.push(`The adapter "${name}" (SHA-256 ${sha256}) is no longer in the studio, and not in the package.`);
      continue;
    }
    const own = join(folder, packageFiles.adapters, folderName(at, record));
    await mkdir(own, { recursive: true });
    await copyAdapterFiles(home.absolute(record.folder), own);
    const run = record.origin.kind === 'run' ? store.runs.find(record.origin.runId) : null;
    if (run === null) notes.push(`The adapter "${name}" has no run here: its settings are not in the package.`);
    else await writeFile(join(own, 'run.yaml'), stringify(shortRun(checkedRun(run.config)), { lineWidth: 0 }));
  }
  return notes;
}

/** "01-lora-seed-1". */
function folderName(at: number, { name }: AdapterRecord): string {
  const stem = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  return `${String(at + 1).padStart(2, '0')}-${stem || 'adapter'}`;
}

/** One line for each score: its metrics, and the loss of each example and whether it was right. @returns notes */
async function writePredictions(services: HandlerServices, study: StudyRecord, folder: string): Promise<string[]> {
  const work = studyWork(study.kind);
  // Everything is found by its content; nothing may be trained or scored again for a package.
  const idle = { studyId: study.id, jobId: '', part: async () => undefined, nextRound: () => undefined };
  const lines: string[] = [];
  try {
    const { specs, scoreOf } = await runRounds(services, work, study.config, idle);
    for (const spec of specs) {
      if (spec.kind !== 'score') continue;
      const { outcomes, ...score } = scoreOf(spec.key);
      const decoded = outcomes === undefined ? null : decodeOutcomes(outcomes, score.examples);
      const dataset = services.store.datasets.find(spec.dataset)?.name ?? spec.dataset;
      lines.push(
        `${JSON.stringify({
          score: spec.title,
          key: spec.key,
          dataset,
          split: spec.validation_samples === undefined ? 'test' : 'validation',
          subject: spec.subject,
          accuracy: score.accuracy,
          loss: score.loss,
          metrics: score.metrics,
          examples: score.examples,
          right: decoded?.correct == null ? null : [...decoded.correct],
          losses: decoded === null ? null : [...decoded.losses],
          tokens: decoded?.tokens == null ? null : [...decoded.tokens.counted],
        })}\n`,
      );
    }
  } catch (thrown) {
    if (!(thrown instanceof StudioError || thrown instanceof RangeError)) throw thrown;
    return [`The outcomes of single examples are not in the package: ${thrown.message}`];
  }
  await writeFile(join(folder, packageFiles.predictions), lines.join(''));
  return [];
}

/** Licenses of bases and datasets, where their folders have them. @returns notes on those without */
async function writeLicenses({ store }: HandlerServices, study: StudyRecord, folder: string): Promise<string[]> {
  const { bases = [], datasets = [] } = study.provenance ?? {};
  const sources = [
    ...bases.map(({ name }) => ({
      what: 'base',
      name,
      path: store.models.list().find((one) => one.name === name)?.path,
    })),
    ...datasets.map(({ name }) => ({
      what: 'dataset',
      name,
      path: store.datasets.list().find((one) => one.name === name)?.source.path,
    })),
  ];
  const notes: string[] = [];
  for (const { what, name, path } of sources) {
    const names = path === undefined ? [] : await readdir(path).catch(() => []);
    const found = names.filter((file) => licenseFile.test(file));
    const own = join(folder, packageFiles.licenses, `${what}-${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}`);
    if (found.length > 0) await mkdir(own, { recursive: true });
    for (const file of found) if (path !== undefined) await copyFile(join(path, file), join(own, file));
    if (found.length === 0) notes.push(`No license was found beside the ${what} "${name}": add it before you publish.`);
  }
  return notes;
}

/** Versions of the app, of Node and of every package that the app is built of, and the machine. */
function versionsOf({ provenance }: StudyRecord): string {
  const { dependencies, optionalDependencies } = packageJson;
  return `${JSON.stringify(
    {
      packaged_by: packageJson.version,
      made_by: provenance,
      dependencies,
      optional_dependencies: optionalDependencies,
    },
    null,
    2,
  )}\n`;
}

function readmeOf({ name }: StudyRecord, notes: readonly string[]): string {
  const { adapters, predictions, licenses, versions, crate, checksums: sums } = packageFiles;
  return `# ${name.replaceAll('\n', ' ')}

A study of CoTo Studio with what is needed to check and to repeat it.

- \`study.yaml\`: the study. \`coto study study.yaml --expect result.json\` trains and scores it again and lists the numbers that moved.
- \`result.json\`, \`tables.md\`, \`tables.tex\`, \`table*.csv\`: the result, its tables and how they were made.
- \`methods.tex\`, \`references.bib\`: a paragraph on the methods with its references.
- \`${adapters}/\`: the adapters in PEFT's format, each with the settings of its run.
- \`${predictions}\`: one line for each score, with the loss of each test example and whether it was right.
- \`${licenses}/\`: licenses of bases and data, which are not in the package.
- \`${versions}\`: versions of every package, and the machine.
- \`${crate}\`: metadata (RO-Crate 1.1), for archives such as Zenodo.
- \`${sums}\`: checksums. \`coto study verify .\`, or \`sha256sum -c ${sums}\`, checks them.
${notes.length === 0 ? '' : `\n## Missing\n\n${notes.map((note) => `- ${note}\n`).join('')}`}`;
}
