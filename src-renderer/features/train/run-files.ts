import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { trainStrings } from '../../strings/train.ts';
import { openConfig, setName, typeYaml } from './draft-store.ts';
import type { RecordNames } from './record-names.ts';
import { readRunYaml, writeRunYaml } from './run-yaml.ts';

const filters = [{ name: 'Run as YAML', extensions: ['yaml', 'yml'] }];

/** Opens a run's file in the form; one with problems stays in the editor, where they are named. */
export async function loadRun(variants: readonly Declaration[], names: RecordNames): Promise<void> {
  const file = await window.coto.dialogs.openText({ title: trainStrings.loadTitle, filters });
  if (!file) return;
  const { config, problems } = readRunYaml(file.text, variants, names);
  const name = fileName(file.path).replace(/\.ya?ml$/i, '');
  if (config === null) {
    typeYaml({ text: file.text, problems }, null);
    setName(name);
    return;
  }
  openConfig(config, name);
  notifySuccess(trainStrings.loaded, file.path);
}

export async function saveRun(
  config: RunConfig,
  name: string,
  variants: readonly Declaration[],
  names: RecordNames,
): Promise<void> {
  const path = await window.coto.dialogs.saveText(writeRunYaml(config, variants, names), {
    title: trainStrings.saveTitle,
    defaultName: `${name.trim() === '' ? 'run' : name.trim()}.yaml`,
    filters,
  });
  if (path) notifySuccess(trainStrings.saved, pathLabel(path));
}
