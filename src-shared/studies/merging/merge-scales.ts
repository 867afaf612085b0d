import { z } from 'zod';
import type { ParameterSpec, ParameterValue } from '../../domain/parameters/parameter.ts';
import { type Figure, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, lineEnds, marginFor, paddedRange, verticalLine } from '../../figures/layout.ts';
import { runStyles, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, metricName, metricUnit, valueText } from '../../metrics/index.ts';
import type { StudyFigure, StudyTable } from '../define-study.ts';

/** Keys of a config whose merges are compared at their best strength. Absent: at their own. */
export const mergeScalesShape = {
  merge_scales: z
    .array(z.number())
    .optional()
    .describe('values of λ, which multiplies the merged ΔW; each method takes the best on held-out examples'),
  validation_samples: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('training examples held out to choose λ on; absent: those that the runs of the adapters held out'),
  validation_trained: z
    .boolean()
    .optional()
    .describe('filled in before the start: adapters may have been trained on the examples that choose λ'),
};
export type MergeScales = z.output<z.ZodObject<typeof mergeScalesShape>>;

/** Checks the values of λ, with the reason. */
export function checkMergeScales({ merge_scales, validation_samples }: MergeScales, context: z.RefinementCtx): void {
  const problem = problemOfScales(merge_scales);
  if (problem !== null) context.addIssue({ code: 'custom', path: ['merge_scales'], message: problem });
  if (merge_scales === undefined && validation_samples !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['validation_samples'],
      message: 'These examples choose λ, and no values are given. Set merge_scales, or remove validation_samples.',
    });
}

function problemOfScales(scales: readonly number[] | undefined): string | null {
  if (scales === undefined) return null;
  const notPositive = scales.find((scale) => !(scale > 0));
  if (notPositive !== undefined)
    return `λ = ${notPositive} leaves nothing of a merge or turns it around. Give values greater than 0.`;
  const twice = scales.find((scale, at) => scales.indexOf(scale) !== at);
  if (twice !== undefined) return `λ = ${twice} is listed twice. Remove one of the two.`;
  return scales.length < 2
    ? 'One value of λ leaves nothing to choose. Give two or more, or remove merge_scales.'
    : null;
}

/** Parameters of the choice of λ, as a form declares them. */
export function mergeScaleParameters(): ParameterSpec[] {
  const group = 'Strength of the merges';
  return [
    {
      name: 'merge_scales',
      label: 'Values of λ',
      type: 'number-list',
      default: [],
      above: 0,
      empty: 'none: every method at its own strength',
      group,
      help: 'λ multiplies the merged ΔW. Every method that makes an adapter takes the best of these values by its score on held-out training examples, e.g. 0.5, 0.75, 1, 1.25, 1.5, 2. Without it, methods are also compared by their strength: averages divide by the number of adapters, TIES, KnOTS and Core Space do not.',
    },
    {
      name: 'validation_samples',
      label: 'Validation samples',
      type: 'integer',
      default: 0,
      minimum: 0,
      unit: 'examples',
      group,
      help: 'Training examples of each dataset that choose λ; 0: those that the runs of the adapters held out. The test split chooses nothing.',
    },
  ];
}

/** The choice of λ that these values of a form say, as keys of a config; none without values of λ. */
export function scalesOfForm(
  values: Readonly<Record<string, ParameterValue>>,
): Pick<MergeScales, 'merge_scales' | 'validation_samples'> {
  const merge_scales = z.array(z.number()).parse(values['merge_scales']);
  const validation_samples = z.number().parse(values['validation_samples']);
  if (merge_scales.length === 0) return {};
  return { merge_scales, ...(validation_samples === 0 ? {} : { validation_samples }) };
}

/** Describes the strength of the merges for the settings table of a study's page. */
export function describeScales({ merge_scales, validation_samples, validation_trained }: MergeScales): {
  label: string;
  value: string;
} {
  const label = 'Strength of the merges';
  if (merge_scales === undefined)
    return {
      label,
      value:
        'each method at its own (averages divide by the number of adapters, others do not), so that differences between methods are also differences in strength',
    };
  const examples = validation_samples === undefined ? 'held-out examples' : `${validation_samples} validation examples`;
  const of = validation_trained === true ? `${examples}, which adapters may have been trained on` : examples;
  return { label, value: `best λ of ${merge_scales.join(', ')} for each method, on ${of}` };
}

const edgeSchema = z.enum(['low', 'high']).nullable().describe('the chosen λ is an end of the values');

/** The choice of λ as a result has it. */
export const scaleTuningSchema = z.object({
  examples: z.number().int().describe('validation examples of a merge, of all tasks together'),
  curves: z.array(
    z.object({
      group: z.number().int().describe('index of the group'),
      index: z.number().int().describe('position of the method in the config'),
      method: z.string(),
      label: z.string().nullable().describe("addition to the method's label"),
      scale: z.number().describe('chosen λ'),
      edge: edgeSchema,
      points: z.array(z.object({ scale: z.number(), score: z.number() })).describe('mean over sets and tasks'),
    }),
  ),
});
export type ScaleTuning = z.infer<typeof scaleTuningSchema>;
export type ScaleCurve = ScaleTuning['curves'][number];

interface ScaledResult {
  readonly metric: string;
  readonly groups: readonly { readonly label: string; readonly coto: boolean }[];
  readonly scaling?: ScaleTuning | undefined;
}

/** The score of every merge by λ with the chosen values; no table where λ was not tuned. */
export function scaleTables(
  { metric, groups, scaling }: ScaledResult,
  { validation_trained }: MergeScales,
  nameOf: (curve: ScaleCurve) => string,
): StudyTable[] {
  if (scaling === undefined) return [];
  const scales = scaling.curves[0]?.points.map(({ scale }) => scale) ?? [];
  return [
    {
      title: `Scale λ of the merged ΔW: validation ${metricName(metric)}${metricUnit(metric).label}`,
      columns: [
        { label: 'Group' },
        { label: 'Merge' },
        ...scales.map((scale) => ({ label: String(scale), numeric: true })),
        { label: 'Chosen', numeric: true },
        { label: 'Note' },
      ],
      rows: scaling.curves.map((curve) => ({
        cells: [
          groups[curve.group]?.label ?? '',
          nameOf(curve),
          ...curve.points.map(({ scale, score }) => `${valueText(metric, score)}${scale === curve.scale ? ' *' : ''}`),
          String(curve.scale),
          curve.edge === null ? '' : curve.edge === 'low' ? 'smallest tried' : 'largest tried',
        ],
      })),
      notes: [
        `${examplesText(scaling)} *: chosen; of equal scores, the λ nearest 1. The scores on the test split, those of placebos too, are at the chosen λ.`,
        ...(validation_trained === true
          ? ['The runs of some adapters held out other examples or none: adapters may have been trained on these.']
          : []),
        ...(scaling.curves.some(({ edge }) => edge !== null)
          ? ['Beyond a chosen λ that is the smallest or largest tried, a better one may lie: add values there.']
          : []),
        'Output ensembles have no ΔW to multiply.',
      ],
    },
  ];
}

/** Says in a caption that merges are at their chosen λ; empty where they are at their own strength. */
export function chosenScaleNote({ scaling }: Pick<ScaledResult, 'scaling'>): string {
  return scaling === undefined ? '' : ' Merges are at their chosen λ.';
}

function examplesText({ examples }: ScaleTuning): string {
  return `Scores on ${examples} validation examples, none of them in a test split.`;
}

/** A figure for each group: the score of every merge by λ, with rings at the chosen values. */
export function scaleFigures(result: ScaledResult, nameOf: (curve: ScaleCurve) => string): StudyFigure[] {
  const { scaling, groups } = result;
  if (scaling === undefined) return [];
  return groups.flatMap(({ label }, group) => {
    const curves = scaling.curves.filter((curve) => curve.group === group);
    if (curves.length === 0) return [];
    return [{ name: `Scale λ, ${label}`, draw: (theme) => scaleFigure(result, scaling, curves, theme, nameOf) }];
  });
}

/** Lines of a figure before their colors repeat, and the next dash begins. */
const colorCount = 6;

function scaleFigure(
  { metric, groups }: ScaledResult,
  scaling: ScaleTuning,
  curves: readonly ScaleCurve[],
  theme: FigureTheme,
  nameOf: (curve: ScaleCurve) => string,
): Figure {
  const { scale: factor, unit } = metricUnit(metric);
  const { label = '', coto = false } = groups[curves[0]?.group ?? 0] ?? {};
  const lines = curves.map((curve, at) => ({
    curve,
    name: nameOf(curve),
    style: { group: String(at), coto, variant: String(Math.floor(at / colorCount)) },
    x: curve.points.map(({ scale }) => scale),
    y: curve.points.map(({ score }) => score * factor),
  }));
  const styles = runStyles(
    lines.map(({ style }) => style),
    theme,
  );
  const drawn = lines.flatMap((line) => {
    const style = styles.get(line.style.group);
    return style === undefined ? [] : [{ ...line, style }];
  });
  const range = paddedRange(drawn.flatMap(({ y }) => y.filter(Number.isFinite)));
  const scales = drawn[0]?.x ?? [];
  return {
    data: drawn.map(({ curve, name, style, x, y }) => ({
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(name),
      x,
      y,
      line: { width: 2, color: style.color, dash: style.dash },
      marker: {
        size: x.map((scale) => (scale === curve.scale ? 12 : 5)),
        symbol: x.map((scale) => (scale === curve.scale ? 'circle-open' : 'circle')),
        color: style.color,
        line: { width: 2, color: style.color },
      },
      hovertemplate: `λ = %{x}: %{y:${hoverFormat(metric)}} ${unit}<extra>${plainText(name)}</extra>`,
    })),
    layout: baseLayout(theme, plainText(`${label}: validation ${metricName(metric)} by scale λ`), {
      hovermode: 'closest',
      margin: { l: 56, r: marginFor(drawn.map(({ name }) => name)), t: 44, b: 48 },
      xaxis: axis(theme, 'scale λ of the merged ΔW', { type: 'log', tickvals: scales, ticktext: scales.map(String) }),
      yaxis: axis(theme, axisTitle(`validation ${metricName(metric)}`, unit), { range }),
      shapes: [verticalLine(1, { color: themeColors(theme).quiet, width: 1, dash: 'dot' })],
      annotations: lineEnds(
        theme,
        drawn.map(({ name, style, x, y }) => ({
          label: name,
          style,
          x: Math.log10(x.at(-1) ?? 1),
          y: y.at(-1) ?? Number.NaN,
        })),
        range,
      ),
    }),
    caption: `${examplesText(scaling)} Rings: the chosen λ; dotted line: λ = 1, the method's own strength.`,
  };
}
