import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import {
  compareGroups,
  type GroupComparison,
  type NamedGroup,
  namedGroups,
} from '../../../src-shared/results/compare-groups.ts';
import { conclusions } from '../../../src-shared/results/comparison.ts';
import type { TableRow } from '../../../src-shared/results/comparison-row.ts';
import { demoTable } from '../../../src-shared/results/demo-table.ts';
import { groupFindings } from '../../../src-shared/results/group-findings.ts';
import { leadParagraph } from '../../../src-shared/results/lead.ts';
import { type ComparisonSides, comparisonSides, distinctModelNames } from '../../../src-shared/results/names.ts';
import { wordsOfFiles } from '../../../src-shared/studies/config/catalog-words.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import { gridTables } from '../../../src-shared/studies/grid/grid-tables.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { studyWords } from '../studies/study-words.ts';
import { comparisonTable, publishedTables } from './comparison-table.ts';
import { commonExamples, methodLabel, type ReportOptions, variantName } from './options.ts';

/** Noun for a group of runs in tables and figures. */
export const groupNoun = 'config';

/** One heading of the results with its tables. */
export interface ReportPart {
  readonly heading: string;
  readonly tables: readonly StudyTable[];
  /** The same for files that programs read: settings by their ids. */
  readonly files?: readonly StudyTable[];
}

/** Every number of a report and what follows from them; page and files show it. */
export interface ReportContent {
  /** The two or three numbers that matter, in a paragraph; null where the report does not compare with and without CoTo. */
  readonly lead: string | null;
  readonly findings: readonly string[];
  /** With and without CoTo; empty where the report does not compare the two. */
  readonly rows: readonly TableRow[];
  readonly sides: ComparisonSides;
  /** The runs by their settings. */
  readonly groups: readonly NamedGroup[];
  /** Each metric of every group; empty where `rows` say it, and of studies, whose tables do. */
  readonly comparisons: readonly GroupComparison[];
  /** The tables of `rows` or of `comparisons`. */
  readonly own: ReportPart | null;
  /** The tables of each study, in the order of the report. */
  readonly studyParts: readonly ReportPart[];
}

export function reportContent(options: ReportOptions): ReportContent {
  const { runs, studies, models, datasets } = options;
  const modelNames = distinctModelNames(models);
  const severalModels = new Set(runs.map(({ modelId }) => modelId)).size > 1;
  const severalDatasets = new Set(runs.map(({ datasetId }) => datasetId)).size > 1;
  const groups = namedGroups(runs, (run) =>
    [
      methodLabel(run),
      ...(severalModels ? [modelNames.get(run.modelId) ?? run.modelId] : []),
      ...(severalDatasets ? [datasets.find(({ id }) => id === run.datasetId)?.name ?? run.datasetId] : []),
    ].join(', '),
  );
  const sides = comparisonSides(runs, variantName);
  const isTwoSided = groups.length === 2 && groups.some(({ coto }) => coto) && groups.some(({ coto }) => !coto);
  if (isTwoSided || studies.length > 0) {
    const compares = isTwoSided && (studies.length === 0 || studies.some(isComparison));
    const rows = compares ? demoTable(runs, studies) : demoTable([], studies);
    const examples = commonExamples(runs, studies);
    return {
      lead: leadParagraph(rows, sides, examples),
      findings: rows.length === 0 ? [] : conclusions(rows, examples, sides),
      rows,
      sides,
      groups,
      comparisons: [],
      own:
        rows.length === 0
          ? null
          : { heading: 'With and without CoTo', tables: [comparisonTable(rows, sides), ...publishedTables(rows)] },
      studyParts: studies.map(studyPart),
    };
  }
  const comparisons = compareGroups(groups);
  const heading = groups.length > 1 ? 'Comparison' : 'Results';
  return {
    lead: null,
    findings: groupFindings(groups, comparisons),
    rows: [],
    sides,
    groups,
    comparisons,
    own: {
      heading,
      tables: comparisons.flatMap(({ result }) => gridTables(result, null, { noun: groupNoun })),
    },
    studyParts: [],
  };
}

function studyPart({ name, kind, config, result }: StudyRecord): ReportPart {
  if (result === null) return { heading: name, tables: [] };
  const { table } = studyKind(kind);
  return {
    heading: name,
    tables: table(result, config, studyWords),
    files: table(result, config, wordsOfFiles(studyWords)),
  };
}

function isComparison({ kind, result }: StudyRecord): boolean {
  return result !== null && studyKind(kind).comparison(result).length > 0;
}
