import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { plural } from '../../components/format/format.ts';

/** Chooses between the quick and the full demo study and starts it. */
export function DemoButton({ filled }: { filled: boolean }) {
  const [length, setLength] = useState('quick');
  const start = useAction('demo.start', {
    failureTitle: 'The demo study did not start',
    onSuccess: (demo) =>
      notifySuccess(
        'Demo study queued',
        `${plural(demo.runs.length, 'run')} and ${plural(demo.studies.length, 'study', 'studies')}`,
      ),
  });
  return (
    <>
      <SegmentedControl
        aria-label="Length of the demo study"
        fullWidth
        data={[
          { value: 'quick', label: 'Quick' },
          { value: 'full', label: 'Full' },
        ]}
        value={length}
        onChange={setLength}
      />
      <Button
        variant={filled ? 'filled' : 'default'}
        loading={start.isPending}
        onClick={() => start.mutate({ quick: length === 'quick' })}
      >
        Start the demo study
      </Button>
    </>
  );
}
