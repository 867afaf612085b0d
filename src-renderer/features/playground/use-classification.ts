import { useState } from 'react';
import type { ExamplePreview } from '../../../src-shared/domain/data/dataset.ts';
import type { ClassifiedImage } from '../../../src-shared/domain/evaluation/classification.ts';
import { comparesWithTexts } from '../../../src-shared/domain/models/model.ts';
import { useAction } from '../../api/query.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { classTemplatesFault } from '../templates/class-templates-input.tsx';
import { changeDraft, type PickedImage, usePlayground } from './playground-store.ts';
import { type PlaygroundInput, useTriedModel } from './use-playground-form.ts';

const words = playgroundStrings.image;
const extensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'avif'];

/** State and actions of the classifier form. An image is classified as soon as it is picked. */
export function useClassification(input: Pick<PlaygroundInput, 'models' | 'adapters' | 'isWriting'>) {
  const { picked, classNames, classTemplates } = usePlayground();
  const { model, fitting, columns, nameOf } = useTriedModel(input);
  const [unreadable, setUnreadable] = useState<Error | null>(null);
  const start = useAction('classification.start', { failureTitle: words.failed });
  const isZeroShot = model !== undefined && comparesWithTexts(model.description);
  const names = namesIn(classNames);
  const problemOf = (classes: readonly string[]): string | null => {
    if (columns.length === 0) return words.chooseColumn;
    if (!isZeroShot) return null;
    return classes.length < 2 ? words.chooseClasses : classTemplatesFault(classTemplates);
  };
  const problem = problemOf(names);

  const classify = (chosen: PickedImage | null) => {
    // An example may just have filled them in.
    const classes = namesIn(usePlayground.getState().classNames);
    if (model === undefined || chosen === null || problemOf(classes) !== null || input.isWriting) return;
    const named = columns.map((id) => ({ id, name: nameOf(id) }));
    start.mutate(
      {
        model: model.id,
        columns: columns.map((adapterId) => (adapterId === null ? null : { adapterId })),
        image: chosen.image,
        ...(isZeroShot ? { zero_shot: { classes, class_templates: classTemplates } } : {}),
      },
      {
        onSuccess: (job) =>
          usePlayground.setState({ classified: { jobId: job.id, modelId: model.id, picked: chosen, columns: named } }),
      },
    );
  };
  const pick = (chosen: PickedImage) => {
    setUnreadable(null);
    usePlayground.setState({ picked: chosen });
    if (model) changeDraft({ modelId: model.id, columns });
    classify(chosen);
  };
  const read = useAction('classification.image', {
    onError: setUnreadable,
    onSuccess: ({ name, fullWidth, fullHeight, ...pixels }, { path }) =>
      pick({
        image: { kind: 'file', path },
        name,
        size: words.size(fullWidth, fullHeight),
        truth: null,
        pixels,
      }),
  });
  const choose = async () => {
    try {
      const path = await window.coto.dialogs.openFile({
        title: words.chooseTitle,
        filters: [{ name: words.images, extensions }],
      });
      if (path) read.mutate({ path });
    } catch (error) {
      notifyFailure(error, words.failed);
    }
  };
  return {
    model,
    fitting,
    columns,
    picked,
    /** True if the model needs class names, like CLIP. */
    isZeroShot,
    classNames,
    classTemplates,
    /** Reason why the last file is not an image. */
    unreadable,
    problem: problem ?? (picked === null ? words.chooseFirst : null),
    isStarting: start.isPending || read.isPending,
    classify: () => classify(picked),
    choose: () => void choose(),
    take: (path: string) => read.mutate({ path }),
    pickExample: (
      image: Extract<ClassifiedImage, { kind: 'example' }>,
      example: ExamplePreview,
      labels: readonly string[],
    ) => {
      const label = labels[example.label] ?? String(example.label);
      if (isZeroShot && names.length === 0) usePlayground.setState({ classNames: labels.join('\n') });
      pick({
        image,
        name: words.example(label, example.index),
        size: words.size(example.width, example.height),
        truth: label,
        pixels: example,
      });
    },
  };
}

/** The lines with a name, each once. */
function namesIn(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}
