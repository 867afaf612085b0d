/** A task that any engine takes and fails at once: none of its files exist. */
export const logitsOfNothing = {
  kind: 'logits',
  modelDirectory: '/no/such/model',
  adapterDirectory: null,
  inputsFile: '/no/inputs',
  outputFile: '/no/outputs',
} as const;
