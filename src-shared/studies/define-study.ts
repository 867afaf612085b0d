import { z } from 'zod';
import type { PlannedAdapter } from '../domain/adapters/adapter-reference.ts';
import type { Declaration, ParameterValues } from '../domain/parameters/parameter.ts';
import type { RunConfig } from '../domain/runs/run.ts';
import type { Figure, FigureTheme } from '../figures/figure.ts';
import type { TableRow } from '../results/comparison-row.ts';
import type { FieldWords } from './config/field-words.ts';
import { scoredTaskShape } from './config/scored-data.ts';

/** A table for the command line, the window and reports: cells are formatted text, units are in the headers. */
export interface StudyTable {
  readonly title: string;
  readonly columns: readonly { readonly label: string; readonly numeric?: boolean }[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly keep?: PrunedChoice }[];
  /** Footnotes, e.g. why a cell is empty. */
  readonly notes?: readonly string[];
}

/** The pruned adapter of a row or a point, which can be saved. */
export interface PrunedChoice {
  readonly name: string;
  readonly of: PlannedAdapter;
  readonly method: string;
  readonly parameters: ParameterValues;
}

export interface StudyFigure {
  readonly name: string;
  draw(theme: FigureTheme): Figure;
  /** The adapters behind a point, given by its `customdata`, that can be saved: several behind a mean over seeds. */
  keep?(customData: unknown): readonly PrunedChoice[];
}

/** Labels of methods and settings by id, and names of adapters. */
export interface StudyWords {
  mergeMethod(id: string): string;
  /** A pruning with these values: "50 % zeroed". */
  pruning?(id: string, parameters: ParameterValues): string;
  /** The fields of runs that a study varies; by their ids where it is omitted. */
  readonly fields?: FieldWords;
  /** Returns the display name of a dataset or base model. */
  recordName?(id: string): string;
  /** Null where it is not known. */
  adapterName?(adapter: PlannedAdapter): string | null;
}

/** An adapter that a study can use. */
export interface StudyAdapter {
  readonly id: string;
  readonly name: string;
  /** Common label of adapters that differ only in their seed, e.g. "LoRA + CoTo"; `group` identifies them. */
  readonly label: string;
  readonly group: string;
  /** Counterpart of `group` without the dataset: adapters of different tasks with equal settings. */
  readonly family: string;
  readonly coto: boolean;
  readonly seed: number;
  readonly modelId: string;
  readonly datasetId: string | null;
}

/** Choices of the user for any kind of study. */
export interface StudyInput {
  /** null: the one that the adapters were trained on. */
  readonly dataset: string | null;
  readonly eval_samples: number;
  readonly adapters: readonly StudyAdapter[];
  readonly run: RunConfig | null;
  /** Values by declared parameter name; omitted ones take their defaults. */
  readonly parameters: ParameterValues;
  /** Parameters of the chosen merge method. */
  readonly methodParameters?: ParameterValues;
}

interface StudyDetails<Kind extends string, ConfigSchema extends z.ZodType, ResultSchema extends z.ZodType> {
  readonly kind: Kind;
  /** Ids in older files and homes. */
  readonly formerKinds?: readonly string[];
  readonly declaration: Declaration;
  /** Input of the study: chosen adapters, or a run that it varies. */
  readonly takes: 'adapters' | 'run';
  /** The page besides Studies that offers it, and its button label there. */
  readonly offeredBy?: { readonly page: 'merge' | 'prune'; readonly action: string };
  readonly configSchema: ConfigSchema;
  readonly resultSchema: ResultSchema;
  /** @throws StudioError refused or invalid_input, with the reason */
  compose(input: StudyInput): z.input<ConfigSchema>;
  /** The study's adapters, of whatever form, in any order. Adapters given by run settings are trained first. */
  references(config: z.output<ConfigSchema>): PlannedAdapter[];
  /** Settings as the study's page shows them. */
  describeConfig(
    config: z.output<ConfigSchema>,
    words: StudyWords,
  ): { readonly label: string; readonly value: string }[];
  table(result: z.output<ResultSchema>, config: z.output<ConfigSchema>, words: StudyWords): StudyTable[];
  figures(result: z.output<ResultSchema>, config: z.output<ConfigSchema>, words: StudyWords): StudyFigure[];
  /** Rows of the comparison with and without CoTo; omitted if the study does not compare the two. */
  comparison?(result: z.output<ResultSchema>): TableRow[];
}

/**
 * Public interface of a kind of study; its implementation is in engine/studies/<kind>.ts. Configs and results are
 * validated on entry, so that callers need no switch over kinds.
 */
export interface StudyKind<
  Kind extends string = string,
  ConfigSchema extends z.ZodType = z.ZodType,
  ResultSchema extends z.ZodType = z.ZodType,
> extends Pick<
    StudyDetails<Kind, ConfigSchema, ResultSchema>,
    'kind' | 'declaration' | 'takes' | 'offeredBy' | 'configSchema' | 'resultSchema'
  > {
  readonly formerKinds: readonly string[];
  compose(input: StudyInput): z.output<ConfigSchema>;
  references(config: unknown): PlannedAdapter[];
  describeConfig(config: unknown, words: StudyWords): { readonly label: string; readonly value: string }[];
  table(result: unknown, config: unknown, words: StudyWords): StudyTable[];
  figures(result: unknown, config: unknown, words: StudyWords): StudyFigure[];
  comparison(result: unknown): TableRow[];
}

/** The task whose questions a study scores, for the settings table of its page. */
function describeTask(config: unknown): { label: string; value: string }[] {
  const { score } = scoredTask.safeParse(config).data ?? {};
  if (score === undefined) return [];
  const { task, metric, filter } = score;
  return [{ label: 'Scored on', value: [task, metric ?? [], filter ?? []].flat().join(', ') }];
}

const scoredTask = z.looseObject(scoredTaskShape);

/** Defines a kind of study; src-shared/studies/index.ts lists it. */
export function defineStudy<const Kind extends string, ConfigSchema extends z.ZodType, ResultSchema extends z.ZodType>(
  details: StudyDetails<Kind, ConfigSchema, ResultSchema>,
): StudyKind<Kind, ConfigSchema, ResultSchema> {
  const { kind, formerKinds = [], declaration, takes, configSchema, resultSchema, offeredBy } = details;
  const config = (value: unknown) => configSchema.parse(value);
  const result = (value: unknown) => resultSchema.parse(value);
  return {
    kind,
    formerKinds,
    declaration,
    takes,
    configSchema,
    resultSchema,
    ...(offeredBy === undefined ? {} : { offeredBy }),
    compose: (input) => config(details.compose(input)),
    references: (value) => details.references(config(value)),
    describeConfig: (value, words) => [...details.describeConfig(config(value), words), ...describeTask(value)],
    table: (found, value, words) => details.table(result(found), config(value), words),
    figures: (found, value, words) => details.figures(result(found), config(value), words),
    comparison: (found) => details.comparison?.(result(found)) ?? [],
  };
}
