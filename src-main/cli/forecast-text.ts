import { powerText, type StudyForecast, trainingsText } from '../../src-shared/domain/studies/study-forecast.ts';
import { formatCount, formatDuration } from './format.ts';

/** Describes the cost of a study and its detectable differences before it starts. */
export function forecastText(forecast: StudyForecast): string {
  const { trainings, scores, seconds, warnings } = forecast;
  const time =
    seconds === null
      ? 'not known: no run of these settings was timed on this machine'
      : `about ${formatDuration(seconds)}`;
  const power = powerText(forecast);
  return [
    `${trainingsText(forecast)}. ${formatCount(scores)} evaluation${scores === 1 ? '' : 's'}.`,
    ...(trainings === 0 ? [] : [`Time of the trainings: ${time}.`]),
    ...(power === null ? [] : [power]),
    ...warnings.map((warning) => `Warning: ${warning}`),
    '',
  ].join('\n');
}
