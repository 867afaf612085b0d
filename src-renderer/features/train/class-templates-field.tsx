import { useId } from 'react';
import { textOfValue } from '../../../src-shared/domain/parameter-text.ts';
import { runParameters } from '../../../src-shared/domain/run.ts';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import {
  ClassTemplatesInput,
  classTemplatesExample,
  classTemplatesFault,
} from '../templates/class-templates-input.tsx';
import { setField, useTrainForm } from './draft-store.ts';

const name = 'class_templates';
const declared = runParameters().find((spec) => spec.name === name);
const usual = textOfValue(declared?.default);

interface ClassTemplatesFieldProps {
  /** Of the data; the first stands as an example. */
  labels: readonly string[];
  problem: string | undefined;
}

/** The texts that stand for a class in a run, with what becomes of the first class. */
export function ClassTemplatesField({ labels, problem }: ClassTemplatesFieldProps) {
  const id = useId();
  const { draft, preset } = useTrainForm();
  const value = textOfValue(draft[name]);
  const ofPreset = preset?.settings[name];
  const base = textOfValue(ofPreset ?? usual);
  const fault = problem ?? classTemplatesFault(value) ?? undefined;
  return (
    <FieldFrame
      id={id}
      name={name}
      label={declared?.label ?? name}
      help={declared?.help ?? ''}
      card="guide/train"
      problem={fault}
      origin={value !== base ? 'yours' : ofPreset === undefined ? 'default' : 'preset'}
      base={base}
      onReset={() => setField(name, base)}
      note={classTemplatesExample(value, labels)}
      wide
    >
      <ClassTemplatesInput
        id={id}
        value={value}
        onChange={(lines) => setField(name, lines)}
        isFaulty={fault !== undefined}
      />
    </FieldFrame>
  );
}
