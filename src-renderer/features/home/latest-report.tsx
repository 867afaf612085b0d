import { Button } from '@mantine/core';
import { useRequest } from '../../api/query.ts';
import { Link } from '../../app/routes.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './home.module.css';

/** The report that was written last, to open in the system's browser. Nothing where there is none. */
export function LatestReport() {
  const { data: reports } = useRequest('reports.list', {});
  const latest = reports?.toSorted((left, right) => right.createdAt - left.createdAt)[0];
  if (!latest) return null;
  const open = () => {
    window.coto
      .openPath(latest.path)
      .catch((error: unknown) =>
        notifyFailure(error instanceof Error ? error : new Error(String(error)), 'The report was not opened'),
      );
  };
  return (
    <Panel title="Latest report" aside={<Link to="/reports">All reports</Link>}>
      <div className={classes['stack']}>
        <div className={classes['meterRow']}>
          <span>{latest.name}</span>
          <span className={classes['quiet']}>
            <RelativeTime at={latest.createdAt} />
          </span>
        </div>
        <Button variant="default" onClick={open}>
          Open the report
        </Button>
      </div>
    </Panel>
  );
}
