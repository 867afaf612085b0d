import { List, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { powerText } from '../../../src-shared/domain/study-forecast.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatDuration } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';

/** What a study will train, what it can decide, and what speaks against it, before it is started. */
export function ForecastPanel({ config }: { config: StudyConfig }) {
  // Typing a list of values makes many configs.
  const [settled] = useDebouncedValue(config, 400);
  const { data: forecast, error } = useRequest('studies.forecast', { config: settled });
  if (error !== null) return <ErrorNote error={error} />;
  if (forecast === undefined) return null;
  const { trainings, done, scores, seconds, warnings } = forecast;
  const power = powerText(forecast);
  const there = done === 0 ? '' : `, ${done} more are there already`;
  const time =
    trainings === 0 ? '' : seconds === null ? '; their time is not known yet' : `; about ${formatDuration(seconds)}`;
  return (
    <Panel title="Before it starts">
      <List size="sm" spacing={4}>
        <List.Item>
          At most {trainings} training{trainings === 1 ? '' : 's'}
          {there}
          {time}; {scores} evaluation{scores === 1 ? '' : 's'}.
        </List.Item>
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
