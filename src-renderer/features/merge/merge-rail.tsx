import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { MultiSelect, Select } from '../../components/form/choices.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { mergeStrings } from '../../strings/merge.ts';
import { CheckList } from './check-list.tsx';
import { IdentityButton, IdentityResult, type useIdentityTest } from './identity-panel.tsx';
import classes from './merge.module.css';
import { benchEvaluation, benchPlacebos, benchTuning, type useMergePanel } from './use-merge-panel.ts';

interface RailProps {
  panel: ReturnType<typeof useMergePanel>;
  catalog: Catalog | undefined;
  nameAt: (place: number) => string;
}

/** Controls of the merge: blocking problems first, then the method, its parameters and the scores. */
export function MergeControls({ panel, catalog, nameAt }: RailProps) {
  const { declaration, further } = panel;
  const methods = catalog?.mergeMethods ?? [];
  const makesOutputs = declaration?.makes === 'outputs';
  return (
    <>
      <section className={classes['section']} aria-label={mergeStrings.method}>
        <h2 className={classes['sectionTitle']}>{mergeStrings.method}</h2>
        <Stack gap={12}>
          <MethodChoice methods={methods} value={panel.method} onChange={panel.chooseMethod} />
          {declaration && declaration.parameters.length > 0 ? (
            <ParameterForm
              declaration={declaration}
              values={panel.parameters}
              onChange={panel.setParameters}
              error={panel.failure ?? panel.preflight.error}
            />
          ) : null}
          {panel.tuning ? (
            <ParameterForm
              {...benchTuning}
              values={panel.tuning.values}
              onChange={panel.tuning.change}
              error={panel.failure ?? panel.preflight.error}
            />
          ) : null}
        </Stack>
      </section>
      <section className={classes['section']} aria-label={mergeStrings.checks}>
        <h2 className={classes['sectionTitle']}>{mergeStrings.checks}</h2>
        <CheckList checks={panel.preflight} methods={methods} nameAt={nameAt} />
      </section>
      <section className={classes['section']} aria-label={mergeStrings.evaluation}>
        <h2 className={classes['sectionTitle']}>{mergeStrings.evaluation}</h2>
        <Stack gap={12}>
          <TextInput
            label={mergeStrings.name}
            placeholder={mergeStrings.nameAuto}
            value={panel.name}
            onChange={(event) => panel.setName(event.currentTarget.value)}
            disabled={makesOutputs}
          />
          <MultiSelect
            label={mergeStrings.furtherDatasets}
            description={mergeStrings.furtherHelp}
            data={further.offered}
            value={further.chosen}
            onChange={further.change}
            searchable
            clearable
            nothingFoundMessage={mergeStrings.noDatasets}
            disabled={panel.bench.length === 0}
          />
          <ParameterForm {...benchEvaluation} values={panel.evaluation.values} onChange={panel.evaluation.change} />
          {makesOutputs ? null : (
            <ParameterForm {...benchPlacebos} values={panel.placebos.values} onChange={panel.placebos.change} />
          )}
        </Stack>
      </section>
    </>
  );
}

interface FootProps {
  panel: RailProps['panel'];
  identity: ReturnType<typeof useIdentityTest>;
  /** Description of the identity test's subject. */
  tested: string;
}

/** Merge and the identity test, always in sight, with what stopped them. */
export function MergeFoot({ panel, identity, tested }: FootProps) {
  const { declaration, method, parameters, bench } = panel;
  const makesOutputs = declaration?.makes === 'outputs';
  const [first] = bench;
  return (
    <footer className={classes['railFoot']}>
      <IdentityResult test={identity} title={tested} />
      {panel.failure ? <ErrorNote error={panel.failure} /> : null}
      <Group gap={8} wrap="nowrap">
        <Button
          style={{ flex: 1 }}
          onClick={panel.merge}
          disabled={!panel.canMerge}
          loading={panel.isMerging}
          title={panel.isBlocked ? mergeStrings.blocked : undefined}
        >
          {makesOutputs ? mergeStrings.evaluateEnsemble : mergeStrings.merge}
        </Button>
        <IdentityButton
          test={identity}
          input={first && !makesOutputs ? { adapterId: first.adapterId, method, parameters } : null}
        />
      </Group>
    </footer>
  );
}

interface MethodChoiceProps {
  methods: Catalog['mergeMethods'];
  value: string;
  onChange: (method: string) => void;
}

/** The merge methods, each with its line of guidance; of the chosen one the whole sentence and its card. */
function MethodChoice({ methods, value, onChange }: MethodChoiceProps) {
  const chosen = methods.find(({ id }) => id === value);
  return (
    <div>
      <div className={classes['methodRow']}>
        <Select
          label={mergeStrings.mergeMethod}
          style={{ flex: 1 }}
          data={methods.map(({ id, label }) => ({ value: id, label }))}
          value={value}
          onChange={(next) => next !== null && onChange(next)}
          allowDeselect={false}
          searchable
          maxDropdownHeight={420}
          nothingFoundMessage={mergeStrings.noMethod}
          renderOption={({ option }) => (
            <div className={classes['method']}>
              <div>{option.label}</div>
              <div className={classes['methodLine']}>{methods.find(({ id }) => id === option.value)?.summary}</div>
            </div>
          )}
        />
        {chosen ? <HelpButton label={chosen.label} card={chosen.card} /> : null}
      </div>
      <Text size="xs" c="dimmed" mt={4}>
        {chosen?.summary}
      </Text>
    </div>
  );
}
