import { Button, NumberInput, SegmentedControl, Select, Skeleton, Switch } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { type ComputeBackendReport, type DoctorReport, settingsSchema } from '../../../src-shared/domain/catalog.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { ComputeTable } from '../../features/settings/compute-table.tsx';
import classes from '../../features/settings/settings.module.css';
import { TensorflowSetupRow } from '../../features/settings/tensorflow-setup.tsx';
import { useMeasurement } from '../../features/settings/use-measurement.ts';

const themeChoices = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** Theme, compute backend, places and versions: what `coto doctor` prints, and what of it can be changed. */
export default function SettingsPage() {
  const doctor = useRequest('app.doctor', {});
  const settings = useRequest('settings.get', {});
  const save = useAction('settings.set', { failureTitle: 'The setting was not saved' });
  const measurement = useMeasurement();
  const clipboard = useClipboard({ timeout: 1500 });
  const isTensorflowThere =
    doctor.data?.backends.some(({ id, available }) => id === 'tensorflow' && available) ?? false;
  const chosen = doctor.data?.backends.find((backend) => backend.chosen);

  return (
    <Page
      title="Settings"
      state={chosen ? `computing on ${chosen.label}${chosen.device ? `, ${chosen.device}` : ''}` : null}
      actions={
        <Button
          variant="default"
          disabled={!doctor.data}
          onClick={() => {
            if (doctor.data) clipboard.copy(doctorText(doctor.data));
          }}
        >
          {clipboard.copied ? 'Copied' : 'Copy diagnostics'}
        </Button>
      }
    >
      <div className={classes['column']}>
        {doctor.error ? (
          <ErrorNote error={doctor.error} action={{ label: 'Try again', onClick: () => void doctor.refetch() }} />
        ) : null}
        <Panel title="Appearance">
          <div className={classes['row']}>
            <div className={classes['rowText']}>Theme</div>
            <SegmentedControl
              aria-label="Theme"
              data={themeChoices}
              value={settings.data?.theme ?? 'system'}
              disabled={!settings.data}
              onChange={(value) => save.mutate({ theme: settingsSchema.shape.theme.parse(value) })}
            />
          </div>
        </Panel>
        <Panel title="Compute" note="default for runs set to auto">
          <div className={classes['row']}>
            <div className={classes['rowText']}>
              <div>Compute backend</div>
              <div className={classes['help']}>
                Automatic takes the first that works in the order of the table. A running job keeps what it has.
              </div>
            </div>
            <Select
              aria-label="Compute backend"
              w={220}
              data={[
                { value: 'auto', label: 'Automatic' },
                ...(doctor.data?.backends ?? []).map((backend) => ({
                  value: backend.id,
                  label: backend.available ? backend.label : `${backend.label} (not available)`,
                  disabled: !backend.available,
                })),
              ]}
              value={doctor.data ? (settings.data?.compute_backend ?? 'auto') : null}
              placeholder="Probing"
              allowDeselect={false}
              disabled={!settings.data || !doctor.data}
              onChange={(value) => save.mutate({ compute_backend: settingsSchema.shape.compute_backend.parse(value) })}
            />
          </div>
          <div className={classes['row']}>
            <div className={classes['rowText']}>
              <div>Threads</div>
              <div className={classes['help']}>
                How many compute on the processor. The same number gives the same bits; another may not. Empty takes all
                cores.
              </div>
            </div>
            <NumberInput
              aria-label="Threads"
              w={220}
              min={1}
              {...(doctor.data ? { max: doctor.data.cores } : {})}
              allowDecimal={false}
              allowNegative={false}
              placeholder={doctor.data ? `all ${doctor.data.cores}` : 'all'}
              value={settings.data?.threads ?? ''}
              disabled={!settings.data || !doctor.data}
              onChange={(value) => {
                const threads = settingsSchema.shape.threads.safeParse(value === '' ? null : value);
                if (threads.success) save.mutate({ threads: threads.data });
              }}
            />
          </div>
        </Panel>
        <Panel title="Evaluation">
          <div className={classes['row']}>
            <div className={classes['rowText']}>
              <div>Measure forgetting</div>
              <div className={classes['help']}>
                Beside every accuracy, what an adapter costs its base on fixed neutral inputs. It takes a few hundred
                images or two thousand tokens an adapter.
              </div>
            </div>
            <Switch
              aria-label="Measure forgetting"
              checked={settings.data?.forgetting ?? true}
              disabled={!settings.data}
              onChange={(event) => save.mutate({ forgetting: event.currentTarget.checked })}
            />
          </div>
        </Panel>
        <Panel
          title="Compute backends"
          note="in the order Automatic tries them"
          aside={
            <Button
              variant="default"
              size="xs"
              disabled={!doctor.data}
              loading={measurement.measuring !== null}
              onClick={() => void measurement.start(doctor.data?.backends ?? [])}
            >
              Measure
            </Button>
          }
          flush
        >
          <ComputeTable backends={doctor.data?.backends} measuring={measurement.measuring} />
        </Panel>
        <Panel title="TensorFlow" note="optional, large download">
          <TensorflowSetupRow isSetUp={isTensorflowThere} />
        </Panel>
        <Panel title="This machine">
          {doctor.data ? <MachineFacts doctor={doctor.data} /> : <Skeleton height={136} />}
        </Panel>
        <Panel title="Versions">
          {doctor.data ? <VersionFacts doctor={doctor.data} /> : <Skeleton height={136} />}
        </Panel>
      </div>
    </Page>
  );
}

function MachineFacts({ doctor }: { doctor: DoctorReport }) {
  return (
    <Facts
      items={[
        { label: 'Processor', value: `${doctor.cpu}, ${doctor.cores} cores` },
        { label: 'Memory', value: `${formatBytes(doctor.freeMemoryBytes)} free of ${formatBytes(doctor.memoryBytes)}` },
        { label: 'Platform', value: doctor.platform },
        {
          label: 'Home folder',
          value: <PathText path={doctor.home} />,
          help: 'Runs, adapters, reports and the database. Set COTO_STUDIO_HOME before starting to use another folder.',
        },
        {
          label: 'Log folder',
          value: <PathText path={doctor.logs} />,
          help: 'One file per day for the backend and the app. Attach the newest when you report an error.',
        },
        { label: 'Disk free', value: formatBytes(doctor.freeDiskBytes) },
      ]}
    />
  );
}

function VersionFacts({ doctor }: { doctor: DoctorReport }) {
  return (
    <Facts
      items={[
        { label: 'CoTo Studio', value: doctor.version },
        { label: 'Electron', value: window.coto.versions.electron },
        { label: 'Chromium', value: window.coto.versions.chrome },
        { label: 'Node of the backend', value: doctor.node },
        { label: 'SQLite', value: `${doctor.sqlite}, schema ${doctor.schemaVersion}` },
      ]}
    />
  );
}

function ratesOf({ gemmGflops, gemmBfloat16Gflops }: ComputeBackendReport): string {
  if (gemmGflops === null) return 'not measured';
  const float32 = `${gemmGflops.toFixed(1)} GFLOPS in float32`;
  return gemmBfloat16Gflops === null ? float32 : `${float32}, ${gemmBfloat16Gflops.toFixed(1)} in bfloat16`;
}

/** The doctor's report as lines of text, to paste into an issue. */
function doctorText(doctor: DoctorReport): string {
  const lines = [
    `CoTo Studio ${doctor.version}, Electron ${window.coto.versions.electron}, Node ${doctor.node}, SQLite ${doctor.sqlite} (schema ${doctor.schemaVersion})`,
    `${doctor.platform}, ${doctor.cpu}, ${doctor.cores} cores, ${formatBytes(doctor.memoryBytes)} memory`,
    `Home ${doctor.home}, ${formatBytes(doctor.freeDiskBytes)} free; log files in ${doctor.logs}`,
    ...doctor.backends.map(
      (backend) =>
        `${backend.chosen ? '* ' : '  '}${backend.label}: ${backend.device ?? 'no device'}, ${ratesOf(backend)}. ${backend.reason}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
