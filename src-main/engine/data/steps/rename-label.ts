import type { StepWork } from './step.ts';

/** Calls a label otherwise, of several labels each; two labels become one where they get the same name. */
export function renameLabel(from: string, to: string): StepWork {
  const named = (label: string): string => (label === from ? to : label);
  return {
    begin: () => (row) => {
      if (row.kind !== 'example' || row.example.label === null) return row;
      const { label } = row.example;
      const renamed = Array.isArray(label) ? [...new Set(label.map(named))] : named(label);
      return { ...row, example: { ...row.example, label: renamed } };
    },
  };
}
