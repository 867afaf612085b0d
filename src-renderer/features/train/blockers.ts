import { trainStrings } from '../../strings/train.ts';
import type { YamlDraft } from './draft-store.ts';

/** One thing that keeps the run from being started, and the field where it is mended. */
export interface Blocker {
  /** `yaml` is the editor; null: no field in particular. */
  readonly field: string | null;
  readonly label: string;
  readonly message: string;
}

/** Everything that keeps the run from being started, in the form's order; empty if it can be. */
export function blockersOf(
  problems: ReadonlyMap<string, string>,
  refusal: Error | null,
  yaml: YamlDraft | null,
  labels: ReadonlyMap<string, string>,
): Blocker[] {
  const order = [...labels.keys()];
  const placeOf = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const ofFields = [...problems]
    .sort(([one], [other]) => placeOf(one) - placeOf(other))
    .map(([field, message]) => ({ field, label: labels.get(field) ?? field, message }));
  const ofRun =
    refusal !== null && ofFields.length === 0
      ? [{ field: null, label: trainStrings.runAsWhole, message: refusal.message }]
      : [];
  const ofYaml = (yaml?.problems ?? []).map(({ line, field, message }) => ({
    field: 'yaml',
    label: `${trainStrings.yaml}, ${trainStrings.line(line).toLowerCase()}`,
    message: field === null ? message : `${field}: ${message}`,
  }));
  return [...ofFields, ...ofRun, ...ofYaml];
}

/** Brings a field into sight and puts the cursor into it. */
export function focusField(name: string): void {
  const frame = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(name)}"]`);
  const control = frame?.matches('button, textarea')
    ? frame
    : frame?.querySelector<HTMLElement>('input:not([type="hidden"]), textarea, button');
  control?.scrollIntoView({ block: 'center' });
  control?.focus();
}
