import { SegmentedControl, Skeleton } from '@mantine/core';
import { useState } from 'react';
import type { DatasetRecord, TextExample } from '../../../src-shared/domain/dataset.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { Panel } from '../../components/panel.tsx';
import classes from './data.module.css';

/** The first texts of one split, with the row that each comes from. */
export function TextExamples({ dataset }: { dataset: DatasetRecord }) {
  const { splits } = dataset.description;
  const [split, setSplit] = useState<'train' | 'test'>('train');
  const answer = useRequest('datasets.texts', { id: dataset.id, split, limit: 30 });
  return (
    <Panel
      title="Examples"
      aside={
        <SegmentedControl
          aria-label="Split"
          data={splits.map((entry) => ({ value: entry.name, label: entry.name }))}
          value={split}
          onChange={(value) => setSplit(value === 'test' ? 'test' : 'train')}
        />
      }
    >
      {answer.error ? (
        <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />
      ) : answer.data ? (
        <ul className={classes['problems']}>
          {answer.data.map((example) => (
            <li key={example.row}>
              <code>{example.row}</code>: {words(example)}
            </li>
          ))}
        </ul>
      ) : (
        <Skeleton height={200} />
      )}
    </Panel>
  );
}

function words({ label, text, textPair, prompt, completion, messages }: TextExample): string {
  const parts = [
    text,
    textPair,
    prompt,
    completion,
    ...(messages ?? []).map(({ role, content }) => `${role}: ${content}`),
  ];
  const shown = parts.filter((part) => part !== null && part !== '').join(' → ');
  return label === null ? shown : `${Array.isArray(label) ? label.join(', ') : label} – ${shown}`;
}
