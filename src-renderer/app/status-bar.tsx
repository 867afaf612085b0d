import { Progress } from '@mantine/core';
import { IconCpu, IconDatabase, IconDeviceSdCard, IconStack } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { JobRecord } from '../../src-shared/domain/job.ts';
import { useBackendStatus } from '../api/client.ts';
import { useRequest } from '../api/query.ts';
import { backendName, formatBytes, formatDuration, plural } from '../components/format/format.ts';
import { jobPath } from './job-path.ts';
import classes from './status-bar.module.css';

/** The bottom line of every screen: the running job with its progress, the queue, compute backend, memory, disk. */
export function StatusBar() {
  const { status: connection } = useBackendStatus();
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const { data: status } = useRequest('app.status', {}, { refetchInterval: connection === 'ready' ? 5000 : false });
  const running = jobs?.find((job) => job.status === 'running');
  const queued = jobs?.filter((job) => job.status === 'queued').length ?? 0;
  return (
    <footer className={classes['bar']}>
      <div className={classes['job']}>
        {running ? <RunningJob job={running} /> : <IdleText connection={connection} />}
      </div>
      {queued > 0 ? <Item icon={<IconStack size={14} />} text={`${plural(queued, 'job')} queued`} /> : null}
      {status ? (
        <>
          <Item
            icon={<IconCpu size={14} />}
            text={backendName(status.backend)}
            title="Compute backend"
            href="#/settings"
          />
          <Item
            icon={<IconDeviceSdCard size={14} />}
            text={`${formatBytes(status.memoryUsedBytes)} of ${formatBytes(status.memoryTotalBytes)}`}
            title="Memory used by the backend, of the machine’s total"
          />
          <Item
            icon={<IconDatabase size={14} />}
            text={`${formatBytes(status.diskFreeBytes)} free`}
            title={`Disk space left; runs, adapters and reports take ${formatBytes(status.homeBytes)}`}
          />
        </>
      ) : null}
    </footer>
  );
}

function IdleText({ connection }: { connection: string }) {
  return (
    <span className={classes['idle']}>
      {connection === 'ready' ? 'Nothing is running' : 'Connecting to the backend'}
    </span>
  );
}

function RunningJob({ job }: { job: JobRecord }) {
  const { progress } = job;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <a className={classes['running']} href={`#${jobPath(job)}`} title={`Open ${job.title}`}>
      <span className={classes['title']}>{job.title}</span>
      {progress?.total === 0 ? null : (
        <Progress
          className={classes['progress'] ?? ''}
          value={share * 100}
          aria-label={`Progress of ${job.title}`}
          transitionDuration={200}
        />
      )}
      {progress ? (
        <span className={classes['numbers']}>
          {progress.phase} · {Math.round(progress.done)}
          {progress.total === 0 ? '' : ` / ${Math.round(progress.total)}`} {progress.unit}
          {progress.etaSeconds === null ? '' : ` · ${formatDuration(progress.etaSeconds)} left`}
        </span>
      ) : (
        <span className={classes['numbers']}>starting</span>
      )}
    </a>
  );
}

function Item({ icon, text, title, href }: { icon: ReactNode; text: string; title?: string; href?: string }) {
  const content = (
    <>
      {icon}
      <span>{text}</span>
    </>
  );
  return href ? (
    <a className={classes['item']} href={href} title={title}>
      {content}
    </a>
  ) : (
    <span className={classes['item']} title={title}>
      {content}
    </span>
  );
}
