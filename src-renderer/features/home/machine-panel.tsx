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
              <span className={classes['quiet']}>Memory</span>
              <span>
                {formatBytes(status.memoryUsedBytes)} of {formatBytes(status.memoryTotalBytes)}
              </span>
            </div>
            <Progress
              color="var(--mantine-color-dimmed)"
              aria-label="Share of memory used by the backend"
              value={(status.memoryUsedBytes / status.memoryTotalBytes) * 100}
            />
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>Storage used</span>
            <span>{status.homeBytes > 0 ? formatBytes(status.homeBytes) : 'detecting…'}</span>
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>Disk free</span>
            <span>{formatBytes(status.diskFreeBytes)}</span>
          </div>
        </div>
      ) : (
        <Skeleton height={124} />
      )}
    </Panel>
  );
}
