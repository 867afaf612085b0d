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
import { type RegistrationFile, StudyRegistration, useRegistration } from './study-registration.tsx';

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
  const [file, setFile] = useState<RegistrationFile | null>(null);
  const { error: refusal } = useForecast(config);
  const compared = useRegistration(config, file);
  const { registration } = compared;
  const start = () => {
    if (config === null || registration === undefined) return;
    const details = { ...(name.trim() === '' ? {} : { name: name.trim() }), ...(registration && { registration }) };
    create.mutate({ config, ...details });
  };
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
      <StudyRegistration config={refusal === null ? config : null} file={file} compared={compared} onChange={setFile} />
      <Button
        disabled={config === null || refusal !== null || registration === undefined}
        loading={create.isPending}
        onClick={start}
      >
        {strings.start}
      </Button>
      <Text size="xs" c="dimmed">
        {strings.reused}
      </Text>
    </div>
  );
}
