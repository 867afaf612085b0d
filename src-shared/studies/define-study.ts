import type { z } from 'zod';
import type { AdapterReference } from '../domain/adapter-reference.ts';
import type { Declaration, ParameterValues } from '../domain/parameter.ts';
import type { RunConfig } from '../domain/run.ts';
import type { Figure, FigureTheme } from '../figures/figure.ts';
import type { TableRow } from '../results/comparison-row.ts';

/** A table as the command prints it and window and report show it: cells are written out, units stand in the heads. */
export interface StudyTable {
  readonly title: string;
  readonly columns: readonly { readonly label: string; readonly numeric?: boolean }[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly keep?: PrunedChoice }[];
}

/** A pruned adapter that a row or a point stands for: it can be made and kept. */
export interface PrunedChoice {
  readonly name: string;
  readonly of: AdapterReference;
  readonly method: string;
  readonly parameters: ParameterValues;
}

export interface StudyFigure {
  readonly name: string;
  draw(theme: FigureTheme): Figure;
  /** What a point, by its `customdata`, can be kept as; null where it is nothing that could be. */
  keep?(customData: unknown): PrunedChoice | null;
}

/** What methods are called, where a result names them by id. */
export interface StudyWords {
  mergeMethod(id: string): string;
}

/** An adapter that a study may be made of. */
export interface StudyAdapter {
  readonly id: string;
  readonly name: string;
  /** What adapters that differ in their seed only have in common, e.g. "LoRA + CoTo"; `group` tells them apart. */
  readonly label: string;
  readonly group: string;
  readonly coto: boolean;
  readonly seed: number;
  readonly modelId: string;
  readonly datasetId: string | null;
}

/** What a person chose, whatever the kind of study. */
export interface StudyInput {
  /** null: the one that the adapters were made for. */
  readonly dataset: string | null;
  readonly eval_samples: number;
  readonly adapters: readonly StudyAdapter[];
  readonly run: RunConfig | null;
  /** By name of the declared parameters; those left out have their defaults. */
  readonly parameters: ParameterValues;
  /** Of the merge method that the parameters name. */
  readonly methodParameters?: ParameterValues;
}

interface StudyDetails<Kind extends string, ConfigSchema extends z.ZodType, ResultSchema extends z.ZodType> {
  readonly kind: Kind;
  /** Ids under which older files and homes know it. */
  readonly formerKinds?: readonly string[];
  readonly declaration: Declaration;
  /** What it is made of: chosen adapters, or a run that it varies. */
  readonly takes: 'adapters' | 'run';
  /** The page besides Studies that offers it, and the words of its button there. */
  readonly offeredBy?: { readonly page: 'merge' | 'prune'; readonly action: string };
  readonly configSchema: ConfigSchema;
  readonly resultSchema: ResultSchema;
  /** @throws StudioError refused or invalid_input, with the reason why this cannot be studied */
  compose(input: StudyInput): z.input<ConfigSchema>;
  /** Adapters, or runs that will make them, that must be there before it starts. */
  references(config: z.output<ConfigSchema>): AdapterReference[];
  /** What the study's page says of its settings. */
  facts(config: z.output<ConfigSchema>): { readonly label: string; readonly value: string }[];
  table(result: z.output<ResultSchema>, config: z.output<ConfigSchema>, words: StudyWords): StudyTable[];
  figures(result: z.output<ResultSchema>, config: z.output<ConfigSchema>, words: StudyWords): StudyFigure[];
  /** Rows of the comparison with CoTo beside without; left out where the study does not compare the two. */
  comparison?(result: z.output<ResultSchema>): TableRow[];
}

/**
 * A kind of study as everybody may know it; its work is in engine/studies/<kind>.ts. Configs and results are checked where
 * they come in, so that whoever has a study of any kind needs no switch over kinds.
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
  references(config: unknown): AdapterReference[];
  facts(config: unknown): { readonly label: string; readonly value: string }[];
  table(result: unknown, config: unknown, words: StudyWords): StudyTable[];
  figures(result: unknown, config: unknown, words: StudyWords): StudyFigure[];
  comparison(result: unknown): TableRow[];
}

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
    facts: (value) => details.facts(config(value)),
    table: (found, value, words) => details.table(result(found), config(value), words),
    figures: (found, value, words) => details.figures(result(found), config(value), words),
    comparison: (found) => details.comparison?.(result(found)) ?? [],
  };
}
