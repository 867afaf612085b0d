import { Chip, Group, SegmentedControl, TagsInput, Text, TextInput } from '@mantine/core';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { FieldFrame } from './config-field.tsx';
import { setField, useTrainForm } from './draft-store.ts';

type Mode = 'all-linear' | 'modules' | 'regex';

function modeOf(value: unknown): Mode {
  if (Array.isArray(value)) return 'modules';
  return value === 'all-linear' ? 'all-linear' : 'regex';
}

/** Last names of the linears that can carry an adapter, in the model's order; the head is left out as all-linear does. */
export function moduleSuffixes(model: ModelRecord | undefined): string[] {
  const names = (model?.description.linears ?? [])
    .filter((linear) => !linear.isHead)
    .map((linear) => linear.name.split('.').at(-1) ?? linear.name);
  return [...new Set(names)];
}

interface TargetModulesFieldProps {
  model: ModelRecord | undefined;
  problem: string | undefined;
  /** What the choice comes to, once the backend has answered: "36 modules in 12 groups". */
  outcome: string;
}

/** `target_modules` by PEFT's rules: all-linear, last names (or longer ends of names), or a regular expression. */
export function TargetModulesField({ model, problem, outcome }: TargetModulesFieldProps) {
  const { draft } = useTrainForm();
  const name = 'adapter.target_modules';
  const value = draft[name];
  const mode = modeOf(value);
  const suffixes = moduleSuffixes(model);
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const others = chosen.filter((module) => !suffixes.includes(module));
  const change = (next: Mode) => {
    if (next === 'all-linear') setField(name, 'all-linear');
    else if (next === 'modules') setField(name, chosen.length > 0 ? chosen : suffixes);
    else setField(name, suffixes.length > 0 ? `.*\\.(${suffixes.join('|')})` : '.*');
  };
  return (
    <FieldFrame
      name={name}
      help="Which linears of the base carry an adapter: every one but the head, those whose name ends so, or those whose whole name the regular expression matches."
      problem={problem}
      wide
    >
      <Group gap={8} wrap="wrap">
        <SegmentedControl
          aria-label="How target_modules is given"
          value={mode}
          onChange={(next) => change(next === 'all-linear' || next === 'modules' ? next : 'regex')}
          data={[
            { value: 'all-linear', label: 'all-linear' },
            { value: 'modules', label: 'by name' },
            { value: 'regex', label: 'regex' },
          ]}
        />
        <Text size="xs" c="dimmed">
          {outcome}
        </Text>
      </Group>
      {mode === 'modules' ? (
        <>
          <Chip.Group
            multiple
            value={chosen.filter((module) => suffixes.includes(module))}
            onChange={(next) => setField(name, [...suffixes.filter((suffix) => next.includes(suffix)), ...others])}
          >
            <Group gap={4} mt={8} role="group" aria-label="Modules of the base model">
              {suffixes.map((suffix) => (
                <Chip key={suffix} value={suffix} size="xs" radius="sm">
                  {suffix}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <TagsInput
            mt={8}
            aria-label="Other module names"
            placeholder={others.length === 0 ? 'further names, e.g. layers.0.attention.q_proj' : ''}
            value={others}
            onChange={(next) => setField(name, [...chosen.filter((module) => suffixes.includes(module)), ...next])}
          />
        </>
      ) : null}
      {mode === 'regex' ? (
        <TextInput
          mt={8}
          ff="monospace"
          aria-label="target_modules as a regular expression"
          value={String(value ?? '')}
          error={problem !== undefined}
          onChange={(event) => setField(name, event.currentTarget.value)}
        />
      ) : null}
    </FieldFrame>
  );
}
