import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCodeSchema } from '../../../src-shared/contract/error-code.ts';
import type { DoctorReport } from '../../../src-shared/domain/app/catalog.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { crashFolder, listDumps } from '../../files/crash-dumps.ts';
import { logFolder } from '../../logging/log.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';

const maxLines = 200;
const gigabyte = 1e9;

/** Fields kept of a log line; all others may quote a name, a path or a text of the user. */
const lineSchema = z.object({
  time: z.string().regex(/^[\d:.TZ-]{20,30}$/),
  level: z.enum(['info', 'warn', 'error', 'fatal', 'debug']),
  /** For a job or another program, the message is foreign. */
  job: z.string().optional(),
  program: z.string().optional(),
  msg: z.string().default(''),
  kind: z
    .string()
    .regex(/^[a-z-]{1,30}$/)
    .optional()
    .catch(undefined),
  status: z
    .string()
    .regex(/^[a-z]{1,20}$/)
    .optional()
    .catch(undefined),
  request: z
    .string()
    .regex(/^[a-z]{1,20}\.[A-Za-z]{1,30}$/)
    .optional()
    .catch(undefined),
  err: z
    .object({ code: errorCodeSchema.catch('internal'), details: z.string().nullable().catch(null) })
    .optional()
    .catch(undefined),
});
/** The studio's own messages, as its sources have them. */
const ownMessage = /^(?:the|a|an|switches|uncaught) [a-z ]{3,80}$/;
const dumpName = /^[\da-f-]{36}\.dmp$/;
const frame = /^\s*at .*?([\w-]{1,60}\.(?:mjs|cjs|js|ts)):(\d+):\d+\)?$/;

/**
 * One text to send with a report of an error: machine, versions, settings, counts and the log's last lines, without data,
 * prompts, names and paths. Everything in it is a number, a word of the studio's own, or the name of a processor or device.
 */
export function diagnostics({ store, home }: HandlerServices, doctor: DoctorReport): string {
  const { compute_backend, threads, forgetting, queue_paused } = store.settings.get();
  const runs = [...store.runs.list(false), ...store.runs.list(true)];
  const jobs = store.jobs.list(false);
  const models = store.models.list();
  const datasets = store.datasets.list();
  const sections: [title: string, lines: string[]][] = [
    [
      'Versions',
      [
        `CoTo Studio ${doctor.version}, Node ${doctor.node}${doctor.electron === null ? '' : `, Electron ${doctor.electron}`}`,
        `SQLite ${doctor.sqlite}, schema ${doctor.schemaVersion}`,
      ],
    ],
    [
      'Machine',
      [
        `${doctor.platform}, ${doctor.cpu}, ${doctor.cores} cores`,
        `memory ${gigabytes(doctor.freeMemoryBytes)} of ${gigabytes(doctor.memoryBytes)} free, disk ${gigabytes(doctor.freeDiskBytes)} free`,
      ],
    ],
    [
      'Compute backends',
      doctor.backends.map(
        ({ id, available, chosen, device }) =>
          `${id}: ${available ? 'available' : 'not available'}${chosen ? ', chosen' : ''}${device === null ? '' : `, ${device}`}`,
      ),
    ],
    [
      'Settings',
      [
        `compute_backend ${compute_backend}, threads ${threads ?? 'all'}, forgetting ${forgetting}, queue_paused ${queue_paused}`,
      ],
    ],
    [
      'In the home',
      [
        `runs: ${counts(runs.map(({ status }) => status))}`,
        `jobs: ${counts(jobs.map(({ kind, status }) => `${kind} ${status}`))}`,
        `errors of jobs: ${counts(jobs.flatMap(({ kind, error }) => (error === null ? [] : [`${kind} ${error.code}`])))}`,
        `models: ${counts(models.map(({ description }) => description.family))}`,
        `datasets: ${counts(datasets.map(({ source }) => source.reader))}`,
        `adapters: ${store.adapters.list().length}, studies: ${counts(store.studies.list().map(({ kind }) => kind))}`,
      ],
    ],
    ['Crash reports', crashLines(home.absolute(crashFolder))],
    ['Log of the backend', logLines(home.absolute(logFolder), 'backend')],
    ['Log of the app', logLines(home.absolute(logFolder), 'shell')],
  ];
  return sections.map(([title, lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`).join('\n');
}

/** One line for each minidump, whose name is a random id. */
function crashLines(folder: string): string[] {
  const lines = listDumps(folder).flatMap(({ name, bytes, writtenAt }) =>
    dumpName.test(name) ? [`${new Date(writtenAt).toISOString()} ${name}, ${formatBytes(bytes)}`] : [],
  );
  return lines.length === 0 ? ['none'] : lines;
}

/** The last lines of the newest file of a program, each cut to what says nothing of the person's work. */
function logLines(folder: string, name: 'backend' | 'shell'): string[] {
  let newest: string | undefined;
  try {
    newest = readdirSync(folder)
      .filter((file) => new RegExp(`^${name}-[\\d-]+\\.\\d+\\.log$`).test(file))
      .sort()
      .at(-1);
  } catch {
    // A home whose log could not be written has none.
  }
  if (newest === undefined) return ['none'];
  return readFileSync(join(folder, newest), 'utf8')
    .split('\n')
    .flatMap((line) => lineOf(line) ?? [])
    .slice(-maxLines);
}

function lineOf(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return null;
  const { time, level, job, program, msg, kind, status, request, err } = parsed.data;
  const isOwn = job === undefined && program === undefined && ownMessage.test(msg);
  const frames = err?.details?.split('\n').flatMap((line) => {
    const [, file, place] = frame.exec(line) ?? [];
    return file === undefined ? [] : [`${file}:${place}`];
  });
  return [
    time,
    level,
    isOwn ? msg : '(a message is left out)',
    ...(kind === undefined ? [] : [kind]),
    ...(status === undefined ? [] : [status]),
    ...(request === undefined ? [] : [request]),
    ...(err === undefined ? [] : [`error ${err.code}`]),
    ...(frames?.slice(0, 12) ?? []),
  ].join(' ');
}

/** "3 completed, 1 failed" */
function counts(words: readonly string[]): string {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return [...found].map(([word, count]) => `${count} ${word}`).join(', ') || 'none';
}

function gigabytes(bytes: number): string {
  return `${(bytes / gigabyte).toFixed(1)} GB`;
}
