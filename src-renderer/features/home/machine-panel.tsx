import { Progress, Skeleton } from '@mantine/core';
import { useRequest } from '../../api/query.ts';
import { Link } from '../../app/routes.tsx';
import { backendName, formatBytes } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './home.module.css';

/** What the studio computes on, and what memory and disk it has left. */
export function MachinePanel() {
  const { data: status } = useRequest('app.status', {});
  return (
    <Panel title="This machine" aside={<Link to="/settings">Settings</Link>}>
      {status ? (
        <div className={classes['stack']}>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>Compute backend</span>
            <span>{backendName(status.backend)}</span>
          </div>
          <div className={classes['meter']}>
            <div className={classes['meterRow']}>
              <span className={classes['quiet']}>Memory taken</span>
              <span>
                {formatBytes(status.memoryUsedBytes)} of {formatBytes(status.memoryTotalBytes)}
              </span>
            </div>
            <Progress
              color="var(--mantine-color-dimmed)"
              aria-label="Share of the memory that the backend takes"
              value={(status.memoryUsedBytes / status.memoryTotalBytes) * 100}
            />
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>Runs, adapters, reports</span>
            <span>{status.homeBytes > 0 ? formatBytes(status.homeBytes) : 'not measured yet'}</span>
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>Free disk</span>
            <span>{formatBytes(status.diskFreeBytes)}</span>
          </div>
        </div>
      ) : (
        <Skeleton height={124} />
      )}
    </Panel>
  );
}
