import { Button, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { ForecastPanel, useForecast } from './forecast-panel.tsx';
import classes from './studies.module.css';

const strings = studiesStrings.form;

/** Starts studies and says so. */
export function useStartStudy(onStarted: (study: StudyRecord) => void) {
  return useAction('studies.create', {
    failureTitle: studiesStrings.notStarted,
    onSuccess: ({ study }) => {
      notifySuccess(studiesStrings.queued, study.name);
      onStarted(study);
    },
  });
}

interface StudyStartProps {
  config: StudyConfig | null;
  /** Reason why there is no config. */
  reason: string | null;
  create: ReturnType<typeof useStartStudy>;
  initialName?: string;
}

/** Cost of a study, its name, and its start. */
export function StudyStart({ config, reason, create, initialName = '' }: StudyStartProps) {
  const [name, setName] = useState(initialName);
  const { error: refusal } = useForecast(config);
  return (
    <div className={classes['side']}>
      {config === null ? (
        <Panel title={studiesStrings.forecast.title}>
          <Text size="sm" c="dimmed">
            {reason ?? studiesStrings.forecast.incomplete}
          </Text>
        </Panel>
      ) : (
        <ForecastPanel config={config} />
      )}
      <TextInput
        label={strings.name}
        placeholder={strings.nameEmpty}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button
        disabled={config === null || refusal !== null}
        loading={create.isPending}
        onClick={() => config && create.mutate({ config, ...(name.trim() === '' ? {} : { name: name.trim() }) })}
      >
        {strings.start}
      </Button>
      <Text size="xs" c="dimmed">
        {strings.reused}
      </Text>
    </div>
  );
}
