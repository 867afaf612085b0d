import { ActionIcon, Button, Group, Menu, Skeleton, Text, Tooltip } from '@mantine/core';
import { IconChevronDown, IconX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useRequest } from '../../api/query.ts';
import { Link, navigate, pathOf } from '../../app/routes.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { mergeStrings } from '../../strings/merge.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { useJobResult } from '../jobs/use-job.ts';
import { StudyView } from '../studies/study-view.tsx';
import { AdapterItems } from './adapter-items.tsx';
import { changeBench } from './bench-store.ts';
import classes from './merge.module.css';
import { ResultMatrix } from './result-matrix.tsx';

/** The last merge: its progress, then the matrix of tasks × (own, merged, base). */
export function MergeOutcome({ jobId }: { jobId: string }) {
  const { data: job, error } = useRequest('jobs.get', { id: jobId });
  const done = job?.status === 'completed';
  const result = useJobResult(job, 'merge');
  const matrix = result?.matrix;
  const place = useScrollToNew(job?.createdAt, done);
  if (error) return null;
  return (
    <section ref={place}>
      <Panel
        title={mergeStrings.result}
        note={job?.title}
        aside={<Hide name={mergeStrings.result.toLowerCase()} onClick={() => changeBench({ mergeJobId: null })} />}
      >
        <JobProgress job={job} />
        {result?.notes?.map((note) => (
          <Text key={note} size="sm">
            {note}
          </Text>
        ))}
        {done && result?.adapterId ? <NextActions adapterId={result.adapterId} /> : null}
        {done ? matrix ? <ResultMatrix matrix={matrix} /> : <Skeleton h={80} /> : null}
      </Panel>
    </section>
  );
}

/** Next steps with the merged adapter: its page, and all that an adapter's menu offers. */
function NextActions({ adapterId }: { adapterId: string }) {
  const { data: adapters } = useRequest('adapters.list', {});
  const adapter = adapters?.find(({ id }) => id === adapterId);
  if (adapter === undefined) return null;
  return (
    <Group gap={8} mb={8}>
      <Text size="sm" fw={600} truncate style={{ flex: 1, minWidth: 0 }}>
        {adapter.name}
      </Text>
      <Button variant="default" size="compact-sm" onClick={() => navigate(pathOf('adapters', adapter.id))}>
        {mergeStrings.openAdapter}
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="default" size="compact-sm" rightSection={<IconChevronDown size={14} />}>
            {mergeStrings.next}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <AdapterItems adapter={adapter} />
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

const opened = Date.now();

/** Scrolls to a newly started merge, which often starts out of sight below the preflight; earlier ones stay put. */
function useScrollToNew(createdAt: number | undefined, done: boolean) {
  const place = useRef<HTMLElement>(null);
  const isNew = createdAt !== undefined && createdAt > opened;
  useEffect(() => {
    if (isNew) place.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }, [isNew, done]);
  return place;
}

/** The last study that was started from the bench. */
export function StudyOutcome({ studyId }: { studyId: string }) {
  const { data: study, error } = useRequest('studies.get', { id: studyId });
  const place = useScrollToNew(study?.createdAt, study?.status === 'completed');
  if (error) return null;
  if (!study) return <Skeleton h={200} />;
  // Its figures and tables are cards of their own, and no card lies in another.
  return (
    <section ref={place} aria-label={study.name}>
      <header className={classes['studyHead']}>
        <h2 className={classes['sectionTitle']}>{study.name}</h2>
        <Link to={pathOf('studies', study.id)}>{mergeStrings.openStudy}</Link>
        <Hide name={study.name} onClick={() => changeBench({ studyId: null })} />
      </header>
      <StudyView study={study} />
    </section>
  );
}

function Hide({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <Tooltip label={mergeStrings.hide(name)}>
      <ActionIcon aria-label={mergeStrings.hide(name)} onClick={onClick}>
        <IconX size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
