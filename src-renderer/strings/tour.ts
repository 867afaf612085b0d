/** The words of the tour of the window. */
export const tourStrings = {
  label: 'Tour of the window',
  count: (at: number, all: number) => `Tour · ${at} of ${all}`,
  skip: 'Skip the tour',
  back: 'Back',
  next: 'Next',
  done: 'Done',
  stops: {
    data: {
      title: 'Your data',
      text: 'The list has small datasets that came with the app. Add your own here, or drop a text file or a folder of images on the window.',
    },
    models: {
      title: 'A base model',
      text: 'A small base is there already. Add a model folder or a GGUF file here, or download one from Hugging Face.',
    },
    train: {
      title: 'Set up a run',
      text: 'Choose a base, a dataset and a recipe here, then start. Every other setting has a value that works; the “?” beside a setting explains it.',
    },
    results: {
      title: 'See what came out',
      text: 'Runs shows the curves while a run trains. Its adapter is then ready to merge, prune or try in the Playground. Studies compare runs with and without CoTo. Help › Tour of the window shows this again.',
    },
  },
} as const;
