import { List, Skeleton, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { powerText, trainingsText } from '../../../src-shared/domain/studies/study-forecast.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatDuration } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.forecast;

/** Shows the trainings of a study, its detectable differences, and warnings before it starts. */
export function ForecastPanel({ config }: { config: StudyConfig }) {
  // Typing a list of values makes many configs.
  const [settled] = useDebouncedValue(config, 400);
  const { data: forecast, error } = useRequest('studies.forecast', { config: settled });
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
