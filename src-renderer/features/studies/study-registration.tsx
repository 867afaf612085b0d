import { Button, CloseButton, Group, Stack, Text } from '@mantine/core';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { Registration } from '../../../src-shared/domain/studies/registration.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { request } from '../../api/client.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { formatExact } from '../../components/format/format.ts';
import { HashText } from '../../components/format/path-text.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.registration;

const filters = [{ name: strings.files, extensions: ['json'] }];

/** A registration that the person wrote or chose. */
export interface RegistrationFile {
  readonly name: string;
  readonly text: string;
}

/** Compares a study with a registration; undefined until that is done. Null: it is not registered. */
export function useRegistration(config: StudyConfig | null, file: RegistrationFile | null) {
  const { data, error } = useRequest(
    'studies.compareRegistration',
    { name: '', text: '', ...file, config: config as StudyConfig },
    { enabled: config !== null && file !== null },
  );
  return { registration: file === null ? null : data, error: file === null ? null : error };
}

interface StudyRegistrationProps {
  config: StudyConfig | null;
  file: RegistrationFile | null;
  compared: { registration: Registration | null | undefined; error: Error | null };
  onChange: (file: RegistrationFile | null) => void;
}

/** Writes a study's settings down before its first training, or says how it deviates from what was written. */
export function StudyRegistration({ config, file, compared, onChange }: StudyRegistrationProps) {
  const register = async () => {
    if (config === null) return;
    try {
      const registered = await request('studies.register', { config });
      const text = `${JSON.stringify(registered, null, 2)}\n`;
      const options = { title: strings.title, defaultName: 'registration.json', filters };
      const path = await window.coto.dialogs.saveText(text, options);
      if (path === null) return;
      onChange({ name: fileName(pathLabel(path)), text });
      notifySuccess(strings.done, strings.publish);
    } catch (error) {
      notifyFailure(error, strings.notRegistered);
    }
  };
  const choose = async () => {
    try {
      const chosen = await window.coto.dialogs.openText({ title: strings.choose, filters });
      if (chosen !== null) onChange({ name: fileName(pathLabel(chosen.path)), text: chosen.text });
    } catch (error) {
      notifyFailure(error, strings.notRead);
    }
  };
  if (file === null)
    return (
      <Group gap={8}>
        <Button
          size="compact-xs"
          variant="default"
          title={strings.help}
          disabled={config === null}
          onClick={() => void register()}
        >
          {strings.register}
        </Button>
        <Button size="compact-xs" variant="default" title={strings.chooseHelp} onClick={() => void choose()}>
          {strings.choose}
        </Button>
      </Group>
    );
  const { registration, error } = compared;
  return (
    <Stack gap={4}>
      <Group gap={4} justify="space-between" wrap="nowrap">
        <Text size="xs">
          {registration ? strings.registered(formatExact(Date.parse(registration.registeredAt))) : file.name}
        </Text>
        <CloseButton size="xs" aria-label={strings.forget} title={strings.forget} onClick={() => onChange(null)} />
      </Group>
      {error ? <ErrorNote error={error} /> : null}
      {registration ? (
        <>
          <Text size="xs" c="dimmed" component="div">
            SHA-256 <HashText hash={registration.sha256} />
          </Text>
          <Text size="xs" c="dimmed">
            {registration.deviations.length === 0 ? strings.same : strings.deviations(registration.deviations.length)}
          </Text>
          {registration.deviations.map((deviation) => (
            <Text key={deviation} size="xs" ff="monospace">
              {deviation}
            </Text>
          ))}
        </>
      ) : null}
    </Stack>
  );
}
