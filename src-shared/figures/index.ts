export { activationFigure, fullActivationStep, sampleStrip } from './activation.ts';
export { type Figure, type FigureHover, type FigureObject, type FigureTheme, plainText } from './figure.ts';
export { type LossStrip, lossStripFigure } from './loss-strip.ts';
export {
  type CurveAxis,
  lossFigure,
  type MetricOptions,
  type MetricRun,
  metricFigure,
  smooth,
  stepsBehind,
} from './metric.ts';
export { metricRun } from './metric-run.ts';
export { seriesColors, themeColors } from './palette.ts';
export { reliabilityFigure } from './reliability.ts';
export { scheduleFigure } from './schedule.ts';
export { stepTimeFigure } from './step-time.ts';
export { splitTitle, titleHeight } from './title.ts';
export { updateNormFigure } from './update-norms.ts';
