import { List, Skeleton, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { powerText, type StudyForecast, trainingsText } from '../../../src-shared/domain/studies/study-forecast.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatDuration } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.forecast;

interface Forecast {
  readonly forecast: StudyForecast | undefined;
  /** Reason why the study cannot start. */
  readonly error: Error | null;
}

/** The forecast of a study, or the reason why the backend refuses its settings. */
export function useForecast(config: StudyConfig | null): Forecast {
  // Typing a list of values makes many configs.
  const [settled] = useDebouncedValue(config, 400);
  const enabled = settled !== null && config !== null;
  const { data, error } = useRequest('studies.forecast', { config: settled as StudyConfig }, { enabled });
  return { forecast: data, error: enabled ? error : null };
}

/** Shows the trainings of a study, its detectable differences, and warnings before it starts. */
export function ForecastPanel({ config }: { config: StudyConfig }) {
  const { forecast, error } = useForecast(config);
  if (error !== null) return <ErrorNote error={error} />;
  if (forecast === undefined) return <Skeleton height={96} />;
  const { trainings, scores, seconds, warnings } = forecast;
  const power = powerText(forecast);
  const time = strings.time(seconds === null ? null : formatDuration(seconds));
  return (
    <Panel title={strings.title}>
      <List size="sm" spacing={4}>
        <List.Item>
          {trainingsText(forecast)}. {strings.scores(scores)}.
        </List.Item>
        {trainings === 0 ? null : <List.Item>{time}</List.Item>}
        {power === null ? null : <List.Item>{power}</List.Item>}
        {warnings.map((warning) => (
          <List.Item key={warning}>
            <Text span size="sm" fw={600}>
              {warning}
            </Text>
          </List.Item>
        ))}
      </List>
    </Panel>
  );
}
