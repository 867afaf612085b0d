import { Progress } from '@mantine/core';
import { IconCpu, IconDatabase, IconDeviceSdCard, IconStack } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { BackendStatus } from '../../src-shared/contract/bridge.ts';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import { useBackendStatus } from '../api/client.ts';
import { useRequest } from '../api/query.ts';
import { backendName, formatBytes, formatDuration } from '../components/format/format.ts';
import { appStrings } from '../strings/app.ts';
import { jobsStrings } from '../strings/jobs.ts';
import { jobPath } from './job-path.ts';
import classes from './status-bar.module.css';

/** The bottom line of every screen: the running job with its progress, the queue, compute backend, memory, disk. */
export function StatusBar() {
  const { status: connection } = useBackendStatus();
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const { data: status } = useRequest('app.status', {}, { refetchInterval: connection === 'ready' ? 5000 : false });
  const active = jobs?.filter((job) => job.status === 'running') ?? [];
  // A study stands for its parts, as on its own page.
  const running = active.find(({ parentId }) => !active.some(({ id }) => id === parentId));
  const queued = jobs?.filter((job) => job.status === 'queued').length ?? 0;
  return (
    <footer className={classes['bar']}>
      <div className={classes['job']}>
        {running ? <RunningJob job={running} /> : <IdleText connection={connection} />}
      </div>
      {queued > 0 ? <Item icon={<IconStack size={14} />} text={appStrings.queued(queued)} /> : null}
      {status ? (
        <>
          <Item
            icon={<IconCpu size={14} />}
            text={backendName(status.backend)}
            title={appStrings.computeBackend}
            href="#/settings"
          />
          <Item
            icon={<IconDeviceSdCard size={14} />}
            text={appStrings.memory(formatBytes(status.memoryUsedBytes), formatBytes(status.memoryTotalBytes))}
            title={appStrings.memoryHelp}
          />
          <Item
            icon={<IconDatabase size={14} />}
            text={appStrings.disk(formatBytes(status.diskFreeBytes))}
            title={appStrings.diskHelp(formatBytes(status.homeBytes))}
          />
        </>
      ) : null}
    </footer>
  );
}

function IdleText({ connection }: { connection: BackendStatus['status'] }) {
  const texts: Readonly<Record<typeof connection, string>> = {
    ready: appStrings.idle,
    failed: appStrings.notConnected,
    starting: appStrings.connecting,
    lost: appStrings.connecting,
  };
  const text = texts[connection];
  return <span className={classes['idle']}>{text}</span>;
}

function RunningJob({ job }: { job: JobRecord }) {
  const { progress } = job;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <a className={classes['running']} href={`#${jobPath(job)}`} title={appStrings.openJob(job.title)}>
      <span className={classes['title']}>{job.title}</span>
      {progress?.total === 0 ? null : (
        <Progress
          className={classes['progress'] ?? ''}
          value={share * 100}
          aria-label={appStrings.progressOf(job.title)}
          transitionDuration={200}
        />
      )}
      {progress ? (
        <span className={classes['numbers']}>
          {progress.phase} · {jobsStrings.done(Math.round(progress.done), Math.round(progress.total), progress.unit)}
          {progress.etaSeconds === null ? '' : ` · ${appStrings.left(formatDuration(progress.etaSeconds))}`}
        </span>
      ) : (
        <span className={classes['numbers']}>{appStrings.starting}</span>
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
