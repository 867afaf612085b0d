import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { homeStrings } from '../../strings/home.ts';

const strings = homeStrings.demo;

/** Chooses between the quick and the full demo study and starts it. */
export function DemoButton({ filled }: { filled: boolean }) {
  const [length, setLength] = useState('quick');
  const start = useAction('demo.start', {
    failureTitle: strings.notStarted,
    onSuccess: (demo) => notifySuccess(strings.queued, strings.contents(demo.runs.length, demo.studies.length)),
  });
  return (
    <>
      <Segments
        aria-label={strings.length}
        fullWidth
        data={[
          { value: 'quick', label: strings.quick },
          { value: 'full', label: strings.full },
        ]}
        value={length}
        onChange={setLength}
      />
      <Button
        variant={filled ? 'filled' : 'default'}
        loading={start.isPending}
        onClick={() => start.mutate({ quick: length === 'quick' })}
      >
        {strings.start}
      </Button>
    </>
  );
}
