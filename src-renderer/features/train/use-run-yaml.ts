import { useMemo } from 'react';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../api/query.ts';
import { typeYaml, useTrainForm, useVariants } from './draft-store.ts';
import type { RecordNames } from './record-names.ts';
import { readRunYaml, writeRunYaml } from './run-yaml.ts';

/** Names of what runs refer to, as far as they are known. */
export function useRecordNames(): RecordNames {
  const model = useRequest('models.list', {}).data;
  const dataset = useRequest('datasets.list', {}).data;
  const adapter = useRequest('adapters.list', {}).data;
  return useMemo(() => ({ model, dataset, adapter }), [model, dataset, adapter]);
}

/** The YAML of the form's run, both ways: made of `config` until it is typed in, and then followed by the form. */
export function useRunYaml(config: RunConfig | null) {
  const { yaml } = useTrainForm();
  const variants = useVariants();
  const names = useRecordNames();
  const written = useMemo(
    () => (config === null ? '' : writeRunYaml(config, variants, names)),
    [config, variants, names],
  );
  return {
    text: yaml?.text ?? written,
    problems: yaml?.problems ?? [],
    change: (text: string) => {
      const { config: read, problems } = readRunYaml(text, variants, names);
      typeYaml({ text, problems }, read);
    },
  };
}
