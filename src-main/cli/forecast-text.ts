import { powerText, type StudyForecast } from '../../src-shared/domain/study-forecast.ts';
import { formatCount, formatDuration } from './format.ts';

/** What a study will cost and can decide, as lines before it starts. */
export function forecastText(forecast: StudyForecast): string {
  const { trainings, done, scores, seconds, warnings } = forecast;
  const time =
    trainings === 0
      ? ''
      : seconds === null
        ? ', whose time is not known: no run of these settings was timed on this machine'
        : `, about ${formatDuration(seconds)} one after the other`;
  const there = done === 0 ? '' : ` (${formatCount(done)} more are there already)`;
  const lines = [
    `${formatCount(trainings)} training${trainings === 1 ? '' : 's'} at most${there}${time}; ${formatCount(scores)} evaluation${scores === 1 ? '' : 's'}.`,
    powerText(forecast),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
  return lines.map((line) => (line === null ? '' : `${line}\n`)).join('');
}
