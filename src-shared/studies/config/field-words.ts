import { adapterParameters } from '../../domain/adapters/adapter.ts';
import type { Declaration, ParameterSpec } from '../../domain/parameters/parameter.ts';
import { cotoDeclaration } from '../../domain/runs/coto.ts';
import { runParameters } from '../../domain/runs/run.ts';
import { midSentence } from '../../format/mid-sentence.ts';

/** Labels of a run's fields and their choices. */
export interface FieldWords {
  /** A field by its dotted name: "learning rate" of `learning_rate`. */
  field(name: string): string;
  /** One of its choices: "LoRA" of `adapter.variant`'s lora, "sine" of `coto.curve`'s. */
  choice(name: string, value: string): string;
  /** Both: "learning rate 0.001", "LoRA". */
  setting(name: string, value: string): string;
}

/** The names and values of the file itself: "learning_rate = 0.001", "variant = lora". */
export const fieldIds: FieldWords = {
  field: shortName,
  choice: (_, value) => value,
  setting: (name, value) => `${shortName(name)} = ${value}`,
};

/**
 * The words of the forms.
 * @param variants declarations of the adapter variants: a parameter is called as the first that has it calls it
 */
export function fieldWords(variants: readonly Pick<Declaration, 'id' | 'label' | 'parameters'>[]): FieldWords {
  const specs = new Map<string, ParameterSpec>();
  const own = variants.flatMap(({ parameters }) =>
    parameters.flatMap((spec) =>
      [`adapter.parameters.${spec.name}`, `adapter.${spec.name}`].map((name) => ({ ...spec, name })),
    ),
  );
  for (const spec of [...runParameters(), ...adapterParameters(), ...cotoDeclaration.parameters, ...own])
    if (!specs.has(spec.name)) specs.set(spec.name, spec);
  const labels = new Map(variants.map(({ id, label }) => [id, label]));
  const field = (name: string) => {
    const label = specs.get(name)?.label;
    return label === undefined ? shortName(name) : midSentence(label);
  };
  return {
    field: (name) => (name === variantField ? 'variant' : field(name)),
    choice(name, value) {
      if (name === variantField) return labels.get(value) ?? value;
      const label = specs.get(name)?.choices?.find((choice) => choice.value === value)?.label;
      return label === undefined ? value : midSentence(withoutRemark(label));
    },
    setting: (name, value) => (name === variantField ? value : `${field(name)} ${value}`),
  };
}

const variantField = 'adapter.variant';

function shortName(name: string): string {
  return name.replace(/^(adapter\.(parameters\.)?|coto\.)/, '');
}

/** "Low (nearest the input)" and "Gaussian: standard deviation 1" by their first words. */
function withoutRemark(label: string): string {
  return label.replace(/(:| \().*$/, '');
}
