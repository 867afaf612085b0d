import { Anchor, Button, Group, Text } from '@mantine/core';
import { useRef } from 'react';
import { trainStrings } from '../../strings/train.ts';
import type { YamlProblem } from './run-yaml.ts';
import classes from './train.module.css';

interface YamlEditorProps {
  text: string;
  problems: readonly YamlProblem[];
  onChange: (text: string) => void;
  /** Back to what the form says. */
  onDiscard: () => void;
}

/** A run's YAML with line numbers; each problem leads to its line. */
export function YamlEditor({ text, problems, onChange, onDiscard }: YamlEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split('\n');
  const faulty = new Set(problems.map(({ line }) => line));
  const select = (line: number) => {
    const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };
  return (
    <>
      <div className={classes['editor']}>
        <pre className={classes['gutter']} aria-hidden>
          {lines.map((_, index) => (
            <span key={index} data-faulty={faulty.has(index + 1) || undefined}>
              {index + 1}
            </span>
          ))}
        </pre>
        <textarea
          ref={area}
          className={classes['text']}
          data-field="yaml"
          aria-label={trainStrings.runAsYaml}
          aria-invalid={problems.length > 0}
          aria-describedby={problems.length > 0 ? 'train-yaml-problems' : undefined}
          spellCheck={false}
          rows={Math.max(3, lines.length)}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      {problems.length > 0 ? (
        <Group justify="space-between" mt={8}>
          <Text size="sm" role="status">
            {trainStrings.notApplied(problems.length)}
          </Text>
          <Button variant="default" onClick={onDiscard}>
            {trainStrings.discard}
          </Button>
        </Group>
      ) : null}
      {problems.length > 0 ? (
        <ul className={classes['yamlProblems']} id="train-yaml-problems">
          {problems.map(({ line, field, message }) => (
            <li key={`${line} ${field} ${message}`}>
              <Anchor component="button" type="button" size="xs" onClick={() => select(line)}>
                {trainStrings.line(line)}
              </Anchor>
              {field === null ? ' ' : ` ${field}: `}
              {message}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
