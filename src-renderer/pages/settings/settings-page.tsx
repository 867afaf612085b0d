import { Button, Skeleton, Switch } from '@mantine/core';
import { type DoctorReport, settingsSchema } from '../../../src-shared/domain/app/catalog.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { showShortcuts } from '../../app/shortcuts.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { Select } from '../../components/form/choices.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { GlossaryText } from '../../components/help/glossary-text.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { CollectDiagnostics } from '../../features/settings/collect-diagnostics.tsx';
import { ComputeTable } from '../../features/settings/compute-table.tsx';
import { LeftOver } from '../../features/settings/left-over.tsx';
import { MoveHome } from '../../features/settings/move-home.tsx';
import classes from '../../features/settings/settings.module.css';
import { TargetsPanel } from '../../features/settings/targets-panel.tsx';
import { TensorflowSetupRow } from '../../features/settings/tensorflow-setup.tsx';
import { ThreadsField } from '../../features/settings/threads-field.tsx';
import { UnreadableRows } from '../../features/settings/unreadable-rows.tsx';
import { UpdatesPanel } from '../../features/settings/updates-panel.tsx';
import { useMeasurement } from '../../features/settings/use-measurement.ts';
import { appStrings } from '../../strings/app.ts';
import { chosenLanguage, languageChoices } from '../../strings/language.ts';
import { settingsStrings as words } from '../../strings/settings.ts';

const themeChoices = Object.entries(words.themes).map(([value, label]) => ({ value, label }));

/** Theme, compute backend, places and versions: what `coto doctor` prints, and what of it can be changed. */
export default function SettingsPage() {
  const doctor = useRequest('app.doctor', {});
  const settings = useRequest('settings.get', {});
  const save = useAction('settings.set', { failureTitle: words.notSaved });
  const measurement = useMeasurement();
  const isTensorflowThere =
    doctor.data?.backends.some(({ id, available }) => id === 'tensorflow' && available) ?? false;
  const chosen = doctor.data?.backends.find((backend) => backend.chosen);

  return (
    <Page
      title={words.title}
      state={chosen ? words.state(chosen.label, chosen.device) : null}
      actions={<CollectDiagnostics />}
    >
      <div className={classes['column']}>
        {doctor.error ? (
          <ErrorNote error={doctor.error} action={{ label: words.tryAgain, onClick: () => void doctor.refetch() }} />
        ) : null}
        <UnreadableRows />
        <div className={classes['columns']}>
          <div className={classes['stack']}>
            <Panel title={words.appearance}>
              <div className={classes['row']}>
                <div className={classes['rowText']}>{words.theme}</div>
                <Segments
                  aria-label={words.theme}
                  data={themeChoices}
                  value={settings.data?.theme ?? 'system'}
                  disabled={!settings.data}
                  onChange={(value) => save.mutate({ theme: settingsSchema.shape.theme.parse(value) })}
                />
              </div>
              <div className={classes['row']}>
                <div className={classes['rowText']}>
                  <div>{words.language}</div>
                  <div className={classes['help']}>{words.languageHelp}</div>
                </div>
                <Select
                  aria-label={words.language}
                  w={220}
                  data={languageChoices(words.systemLanguage)}
                  value={chosenLanguage()}
                  allowDeselect={false}
                  onChange={(language) => language && changeLanguage(language)}
                />
              </div>
              <div className={classes['row']}>
                <div className={classes['rowText']}>{appStrings.shortcuts}</div>
                <Button variant="default" onClick={showShortcuts}>
                  {words.changeKeys}
                </Button>
              </div>
            </Panel>
            <Panel title={words.compute} note={words.computeNote}>
              <div className={classes['row']}>
                <div className={classes['rowText']}>
                  <div>{words.computeBackend}</div>
                  <div className={classes['help']}>{words.computeBackendHelp}</div>
                </div>
                <Select
                  aria-label={words.computeBackend}
                  w={220}
                  data={[
                    { value: 'auto', label: words.automatic },
                    ...(doctor.data?.backends ?? []).map((backend) => ({
                      value: backend.id,
                      label: backend.available ? backend.label : words.notAvailable(backend.label),
                      disabled: !backend.available,
                    })),
                  ]}
                  value={doctor.data ? (settings.data?.compute_backend ?? 'auto') : null}
                  placeholder={words.probing}
                  allowDeselect={false}
                  disabled={!settings.data || !doctor.data}
                  onChange={(value) =>
                    save.mutate({ compute_backend: settingsSchema.shape.compute_backend.parse(value) })
                  }
                />
              </div>
              <div className={classes['row']}>
                <div className={classes['rowText']}>
                  <div>{words.threads}</div>
                  <div className={classes['help']}>{words.threadsHelp}</div>
                </div>
                <ThreadsField
                  cores={doctor.data?.cores ?? null}
                  threads={settings.data?.threads ?? null}
                  disabled={!settings.data || !doctor.data}
                  onChange={(threads) => save.mutate({ threads })}
                />
              </div>
            </Panel>
            <Panel title={words.evaluation}>
              <div className={classes['row']}>
                <div className={classes['rowText']}>
                  <div>{words.forgetting}</div>
                  <div className={classes['help']}>
                    <GlossaryText text={words.forgettingHelp} />
                  </div>
                </div>
                <Switch
                  aria-label={words.forgetting}
                  checked={settings.data?.forgetting ?? true}
                  disabled={!settings.data}
                  onChange={(event) => save.mutate({ forgetting: event.currentTarget.checked })}
                />
              </div>
            </Panel>
            <Panel title={words.tensorflow.title} note={words.tensorflow.note}>
              <TensorflowSetupRow isSetUp={isTensorflowThere} />
            </Panel>
          </div>
          <div className={classes['stack']}>
            <Panel title={words.machine} aside={<MoveHome />}>
              {doctor.data ? <MachineFacts doctor={doctor.data} /> : <Skeleton height={136} />}
            </Panel>
            <LeftOver strays={doctor.data?.strays ?? []} onDeleted={() => void doctor.refetch()} />
            <Panel title={words.versions}>
              {doctor.data ? <VersionFacts doctor={doctor.data} /> : <Skeleton height={136} />}
            </Panel>
            <TargetsPanel />
            <UpdatesPanel />
          </div>
        </div>
        <Panel
          title={words.backends}
          note={words.backendsNote}
          aside={
            <Button
              variant="default"
              size="xs"
              disabled={!doctor.data}
              loading={measurement.measuring !== null}
              onClick={() => void measurement.start(doctor.data?.backends ?? [])}
            >
              {words.benchmark}
            </Button>
          }
          flush
        >
          <ComputeTable backends={doctor.data?.backends} measuring={measurement.measuring} />
        </Panel>
      </div>
    </Page>
  );
}

function MachineFacts({ doctor }: { doctor: DoctorReport }) {
  return (
    <Facts
      items={[
        { label: words.processor, value: words.cores(doctor.cpu, doctor.cores) },
        {
          label: words.memory,
          value: words.memoryFree(formatBytes(doctor.freeMemoryBytes), formatBytes(doctor.memoryBytes)),
        },
        { label: words.platform, value: doctor.platform },
        {
          label: words.home,
          value: <PathText path={doctor.home} />,
          help: words.homeHelp,
        },
        {
          label: words.logs,
          value: <PathText path={doctor.logs} />,
          help: words.logsHelp,
        },
        { label: words.diskFree, value: formatBytes(doctor.freeDiskBytes) },
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
        { label: words.backendNode, value: doctor.node },
        { label: 'SQLite', value: words.sqlite(doctor.sqlite, doctor.schemaVersion) },
      ]}
    />
  );
}

/** Chooses a language; the page is loaded again once the shell has kept the choice. */
function changeLanguage(language: string): void {
  window.coto.language.choose(language).catch((error: unknown) => notifyFailure(error, words.languageNotChanged));
}
