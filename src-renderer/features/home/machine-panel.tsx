import { Progress, Skeleton } from '@mantine/core';
import { useRequest } from '../../api/query.ts';
import { Link } from '../../app/routes.tsx';
import { backendName, formatBytes } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings } from '../../strings/home.ts';
import classes from './home.module.css';

const strings = homeStrings.machine;

/** What the studio computes on, and what memory and disk it has left. */
export function MachinePanel() {
  const { data: status } = useRequest('app.status', {});
  return (
    <Panel title={strings.title} aside={<Link to="/settings">{strings.settings}</Link>}>
      {status ? (
        <div className={classes['stack']}>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>{strings.backend}</span>
            <span>{backendName(status.backend)}</span>
          </div>
          <div className={classes['meter']}>
            <div className={classes['meterRow']}>
              <span className={classes['quiet']}>{strings.memory}</span>
              <span>{strings.of(formatBytes(status.memoryUsedBytes), formatBytes(status.memoryTotalBytes))}</span>
            </div>
            <Progress
              color="var(--mantine-color-dimmed)"
              aria-label={strings.memoryHelp}
              value={(status.memoryUsedBytes / status.memoryTotalBytes) * 100}
            />
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>{strings.storage}</span>
            <span>{status.homeBytes > 0 ? formatBytes(status.homeBytes) : strings.detecting}</span>
          </div>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>{strings.disk}</span>
            <span>{formatBytes(status.diskFreeBytes)}</span>
          </div>
        </div>
      ) : (
        <Skeleton height={124} />
      )}
    </Panel>
  );
}
