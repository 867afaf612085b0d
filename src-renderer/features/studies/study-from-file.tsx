import { Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import classes from './studies.module.css';
import { StudyStart, useStartStudy } from './study-start.tsx';

const strings = studiesStrings.file;

export interface StudyFile {
  /** Token of the path that the person chose. */
  readonly path: string;
  readonly text: string;
}

interface StudyFromFileProps {
  file: StudyFile;
  onStarted: (study: StudyRecord) => void;
}

/** A study as its file says it, to look at, change and start. */
export function StudyFromFile({ file: { path, text: opened }, onStarted }: StudyFromFileProps) {
  const [text, setText] = useState(opened);
  const [settled] = useDebouncedValue(text, 400);
  const { data, error } = useRequest('studies.read', { path, text: settled });
  // A fault in between does not take the name away.
  const name = useLastAnswer(data)?.name ?? '';
  const create = useStartStudy(onStarted);
  const file = fileName(pathLabel(path));
  const isRead = error === null && data !== undefined && settled === text;
  return (
    <div className={classes['form']}>
      <div className={classes['main']}>
        <Panel title={file} note={strings.note}>
          <Textarea
            aria-label={strings.label(file)}
            autosize
            minRows={8}
            spellCheck={false}
            classNames={{ input: classes['yaml'] ?? '' }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </Panel>
        {error ? <ErrorNote error={error} /> : null}
      </div>
      <StudyStart
        // The name comes with the file.
        key={name}
        config={isRead ? data.config : null}
        reason={error ? strings.faulty : null}
        create={create}
        initialName={name}
      />
    </div>
  );
}
