import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { midSentence } from '../../../../src-shared/format/mid-sentence.ts';
import { lossCurve } from '../../../../src-shared/metrics/curves.ts';
import {
  isLowerBetter,
  isPercentage,
  metricIds,
  metricValue,
  scoreText,
  signedText,
  valueText,
} from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { evaluationName, type RecordedScores, recordedScores } from '../../../../src-shared/metrics/recorded.ts';
import { headlineOf } from '../../../../src-shared/results/headline.ts';
import { formatBytes, formatDuration, formatNumber } from '../../../components/format/format.ts';
import { runStrings as words } from '../../../strings/run.ts';

/** One tile of the strip: a value now, and a line of what it is beside. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly unit?: string;
  readonly note: string;
  /** Beside the value, with what it means on hover. */
  readonly aside?: { readonly text: string; readonly help: string };
}

export interface RunSummary {
  readonly step: Tile;
  readonly loss: Tile;
  readonly score: Tile;
  readonly throughput: Tile;
  readonly memory: Tile;
}

type Curves = ReadonlyMap<string, Curve>;
type Job = Pick<JobRecord, 'progress'> | undefined;

const missing = '–';

/** Metrics of evaluations, as the history names them. */
export const evaluationMetrics = metricIds.map(evaluationName);

/** Curves that the tiles read. */
export const summaryMetrics = [
  lossCurve.metric,
  'examples_per_second',
  'step_milliseconds',
  'memory_bytes',
  ...evaluationMetrics,
];

/** Summarizes the state of a run from its record, its curves and its job. */
export function summarizeRun(run: RunRecord, curves: Curves, job: Job): RunSummary {
  return {
    step: stepTile(run, job),
    loss: lossTile(curves.get(lossCurve.metric)),
    score: scoreTile(run, curves),
    throughput: throughputTile(run, curves),
    memory: memoryTile(run, curves.get('memory_bytes')),
  };
}

function stepTile(run: RunRecord, job: Job): RunSummary['step'] {
  const total = totalSteps(run);
  const value = total > 0 ? words.stepOf(run.step, total) : missing;
  return { label: words.step, value, note: stepNote(run, job) };
}

/** Returns the share of completed steps of a run, from 0 to 1. */
export function stepShare(run: RunRecord): number {
  const total = totalSteps(run);
  return total > 0 ? Math.min(1, run.step / total) : 0;
}

function totalSteps({ facts, result, config }: RunRecord): number {
  return facts?.totalSteps ?? result?.steps ?? config.max_steps;
}

function stepNote(run: RunRecord, job: Job): string {
  if (run.status === 'queued') return words.waiting;
  if (run.status === 'running') {
    const progress = job?.progress;
    if (!progress) return words.starting;
    if (progress.unit !== 'steps') return progress.phase;
    return progress.etaSeconds == null ? progress.phase : words.left(formatDuration(progress.etaSeconds));
  }
  const { startedAt, finishedAt, result } = run;
  const seconds = result?.trainSeconds ?? (startedAt && finishedAt ? (finishedAt - startedAt) / 1000 : null);
  // An imported run may have no times.
  return seconds === null || (run.origin && seconds === 0) ? '' : words.took(formatDuration(seconds));
}

function lossTile(curve: Curve | undefined): Tile {
  const now = curve?.mean.at(-1);
  if (curve === undefined || now === undefined) return { label: words.loss, value: missing, note: '' };
  return { label: words.loss, value: valueText(loss.id, now), note: words.best(valueText(loss.id, lowest(curve.min))) };
}

/** The scores of the evaluation at an index of the curves: 0 is the first, -1 the last. */
export function scoresAt(curves: Curves, at: number): RecordedScores {
  return recordedScores([...curves].map(([name, { mean }]) => [name, mean.at(at)] as const));
}

/** The score that the run's evaluations are known by, and its curve; null before the first. */
export function scoreCurve(run: RunRecord, curves: Curves): { id: string; label: string; curve: Curve | null } | null {
  const measured = headlineOf(scoresAt(curves, -1)) ?? headlineOf(run.result);
  if (measured === null) return null;
  const { id, label } = measured;
  return { id, label, curve: curves.get(evaluationName(id)) ?? null };
}

function scoreTile(run: RunRecord, curves: Curves): Tile {
  const score = scoreCurve(run, curves);
  // On what an imported run was evaluated is not known.
  const ofSplit = (what: string) => (run.origin ? what : `${words.split[run.config.eval_split]} ${midSentence(what)}`);
  if (score === null) return { label: ofSplit(words.evaluation), value: missing, note: pending(run) };
  const label = ofSplit(score.label);
  const { id, curve } = score;
  const values = curve === null ? [] : [...curve.mean];
  const now = values.at(-1) ?? (run.result && metricValue(run.result, id));
  if (now === null) return { label, value: missing, note: '' };
  const value = scoreText(id, now);
  if (curve === null || values.length < 2) return { label, value, note: '' };
  const at = bestIndex(id, values);
  const note = words.best(scoreText(id, values[at] ?? now), curve.ends[at] ?? 0);
  if (curve.ends[0] !== 0) return { label, value, note };
  const change = changeText(id, now - (values[0] ?? now));
  return { label, value, note, aside: { text: change, help: words.sinceStart } };
}

/** Describes the time of the next evaluation. */
function pending({ status, config, facts }: RunRecord): string {
  if (status !== 'queued' && status !== 'running' && status !== 'paused') return words.notEvaluated;
  const total = facts?.totalSteps ?? Number.POSITIVE_INFINITY;
  return config.eval_steps > 0 && config.eval_steps < total
    ? words.firstEvaluation(config.eval_steps)
    : words.evaluatedAtEnd;
}

/** Points of a share, else the metric's own unit. */
function changeText(id: string, change: number): string {
  return `${signedText(id, change)}${isPercentage(id) ? ' pts' : ''}`;
}

export function bestIndex(id: string, values: readonly number[]): number {
  const isBetter = (one: number, other: number) => (isLowerBetter(id) ? one < other : one > other);
  return values.reduce((best, value, index) => (isBetter(value, values[best] ?? value) ? index : best), 0);
}

function throughputTile({ status, result, config }: RunRecord, curves: Curves): Tile {
  const isOver = status !== 'running' && result !== null;
  const milliseconds = isOver ? result.meanStepMilliseconds : recentMean(curves.get('step_milliseconds'));
  const examples = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  const rate = isOver ? (1000 * examples) / result.meanStepMilliseconds : recentMean(curves.get('examples_per_second'));
  if (rate === undefined || milliseconds === undefined || !Number.isFinite(rate))
    return { label: words.throughput, value: missing, unit: words.examplesPerSecond, note: '' };
  return {
    label: words.throughput,
    value: formatNumber(rate),
    unit: words.examplesPerSecond,
    note: words.perStep(formatNumber(milliseconds)),
  };
}

function memoryTile({ facts }: RunRecord, curve: Curve | undefined): Tile {
  const now = curve?.mean.at(-1);
  const note = facts === null ? '' : words.machine(facts.backend, facts.threads);
  if (curve === undefined || now === undefined) return { label: words.memory, value: missing, note };
  const tile = { label: words.memory, value: formatBytes(now), note };
  const peak = highest(curve.max);
  // A peak close to the current value is not repeated.
  if (peak < 1.02 * now) return tile;
  return { ...tile, aside: { text: words.peak(formatBytes(peak)), help: words.memoryHelp } };
}

/** Averages the last points: a single step may have waited for the disk. */
function recentMean(curve: Curve | undefined): number | undefined {
  const recent = curve?.mean.slice(-8) ?? new Float64Array();
  return recent.length === 0 ? undefined : recent.reduce((sum, value) => sum + value, 0) / recent.length;
}

function lowest(values: Float64Array): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

function highest(values: Float64Array): number {
  return values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
}
