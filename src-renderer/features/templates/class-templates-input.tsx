import { Input, Stack, Textarea } from '@mantine/core';
import { useId } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { classTemplatesOf, classTexts, knownClassTemplates } from '../../../src-shared/tasks/class-templates.ts';
import { Select } from '../../components/form/choices.tsx';
import { trainStrings } from '../../strings/train.ts';

const words = trainStrings.classTemplates;
const ownText = 'own';

interface ClassTemplatesInputProps {
  id: string;
  /** Lines, or the id of a published set. */
  value: string;
  onChange: (lines: string) => void;
  isFaulty: boolean;
}

/** The texts that stand for a class: those of a published set, or one's own. */
export function ClassTemplatesInput({ id, value, onChange, isFaulty }: ClassTemplatesInputProps) {
  const known = knownClassTemplates.find((set) => set.id === value || linesOf(set) === value);
  return (
    <Stack gap={4}>
      <Select
        aria-label={words.set}
        data={[
          ...knownClassTemplates.map((set) => ({ value: set.id, label: set.label })),
          { value: ownText, label: words.own, disabled: known !== undefined },
        ]}
        value={known?.id ?? ownText}
        allowDeselect={false}
        onChange={(next) => {
          const chosen = knownClassTemplates.find((set) => set.id === next);
          if (chosen !== undefined) onChange(linesOf(chosen));
        }}
      />
      <Textarea
        id={id}
        autosize
        minRows={1}
        maxRows={8}
        value={known ? linesOf(known) : value}
        error={isFaulty}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Stack>
  );
}

/** The same with its label, outside of the form of a run. */
export function LabeledClassTemplates({ value, onChange }: Pick<ClassTemplatesInputProps, 'value' | 'onChange'>) {
  const id = useId();
  return (
    <Input.Wrapper label={words.label} id={id}>
      <ClassTemplatesInput id={id} value={value} onChange={onChange} isFaulty={classTemplatesFault(value) !== null} />
    </Input.Wrapper>
  );
}

function linesOf({ templates }: { readonly templates: readonly string[] }): string {
  return templates.join('\n');
}

/** Returns the problem of class templates; null if there is none. */
export function classTemplatesFault(written: string): string | null {
  try {
    classTemplatesOf(written);
    return null;
  } catch (thrown) {
    if (thrown instanceof StudioError) return thrown.message;
    throw thrown;
  }
}

/** Returns the text of the first class; undefined if the templates are invalid. */
export function classTemplatesExample(written: string, labels: readonly string[]): string | undefined {
  const [first] = labels;
  if (first === undefined || classTemplatesFault(written) !== null) return undefined;
  return words.example(first, classTexts(classTemplatesOf(written), first)[0] ?? '', labels.length);
}
