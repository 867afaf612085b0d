import { Progress, Skeleton } from '@mantine/core';
import type { DeviceUsage } from '../../../src-shared/domain/app/catalog.ts';
import { useRequest } from '../../api/query.ts';
import { Link } from '../../app/routes.tsx';
import { backendName, formatBytes, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { homeStrings } from '../../strings/home.ts';
import classes from './home.module.css';

const strings = homeStrings.machine;

/** Use of the graphics device, of what it tells. */
function GpuRows({ gpu: { name, memoryUsedBytes, memoryTotalBytes, utilization } }: { gpu: DeviceUsage }) {
  return (
    <>
      {memoryUsedBytes === null || memoryTotalBytes === null ? null : (
        <div className={classes['meter']}>
          <div className={classes['meterRow']}>
            <span className={classes['quiet']}>{strings.gpuMemory}</span>
            <span>{strings.of(formatBytes(memoryUsedBytes), formatBytes(memoryTotalBytes))}</span>
          </div>
          <Progress
            color="var(--mantine-color-dimmed)"
            aria-label={strings.gpuHelp(name)}
            value={(memoryUsedBytes / memoryTotalBytes) * 100}
          />
        </div>
      )}
      {utilization === null ? null : (
        <div className={classes['meterRow']}>
          <span className={classes['quiet']} title={name}>
            {strings.gpuUtilization}
          </span>
          <span>{formatPercent(utilization)} %</span>
        </div>
      )}
    </>
  );
}

/** Shows the compute device and the free memory and disk space. */
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
          {status.gpu === null ? null : <GpuRows gpu={status.gpu} />}
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
