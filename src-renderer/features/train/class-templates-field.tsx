import { useId } from 'react';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import {
  ClassTemplatesInput,
  classTemplatesExample,
  classTemplatesFault,
} from '../templates/class-templates-input.tsx';
import { setField } from './draft-store.ts';
import { useRunField } from './use-run-field.ts';

const name = 'class_templates';

interface ClassTemplatesFieldProps {
  /** Labels of the dataset; the first serves as an example. */
  labels: readonly string[];
  problem: string | undefined;
}

/** The texts that stand for a class in a run, with what becomes of the first class. */
export function ClassTemplatesField({ labels, problem }: ClassTemplatesFieldProps) {
  const id = useId();
  const { value, frame } = useRunField(name);
  const fault = problem ?? classTemplatesFault(value) ?? undefined;
  return (
    <FieldFrame id={id} {...frame} problem={fault} note={classTemplatesExample(value, labels)} wide>
      <ClassTemplatesInput
        id={id}
        value={value}
        onChange={(lines) => setField(name, lines)}
        isFaulty={fault !== undefined}
      />
    </FieldFrame>
  );
}
