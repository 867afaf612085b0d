import type { SampleAnswer } from '../../../src-shared/domain/run-samples.ts';
import { predictedClass } from '../evaluation/evaluation.ts';
import { answerScore } from '../metrics/squad.ts';
import { namedTags, type TaskPredictions } from '../outcomes/index.ts';
import { pairLine } from '../outcomes/vectors.ts';

/**
 * What a classifier answered to the first `count` examples of an evaluation; nothing of a language model, whose answers are
 * written.
 * @param nameOf name of an output for the example at a place of the evaluation
 */
export function sampleAnswers(
  predictions: TaskPredictions,
  count: number,
  nameOf: (place: number, output: number) => string,
): SampleAnswer[] {
  const places = Array.from({ length: count }, (_, place) => place);
  switch (predictions.kind) {
    case 'classes': {
      const { probabilities, labels, classCount } = predictions;
      return places.map((place) => {
        const row = probabilities.subarray(place * classCount, (place + 1) * classCount);
        const predicted = predictedClass(row);
        return {
          text: nameOf(place, predicted),
          probability: row[predicted] ?? 0,
          isRight: predicted === labels[place],
        };
      });
    }
    case 'label-sets': {
      const { probabilities, targets, width } = predictions;
      return places.map((place) => {
        const outputsOf = Array.from({ length: width }, (_, output) => output);
        const isOn = (values: ArrayLike<number>) => (output: number) => (values[place * width + output] ?? 0) > 0.5;
        const predicted = outputsOf.filter(isOn(probabilities));
        return {
          text: predicted.map((output) => nameOf(place, output)).join(', ') || 'no label',
          probability: null,
          isRight: predicted.join() === outputsOf.filter(isOn(targets)).join(),
        };
      });
    }
    case 'numbers':
      return places.map((place) => ({
        text: (predictions.values[place] ?? 0).toPrecision(3),
        probability: null,
        isRight: null,
      }));
    case 'tags':
      return namedTags(predictions)
        .slice(0, count)
        .map(({ actual, predicted }) => ({
          text: predicted.join(' '),
          probability: null,
          isRight: predicted.join() === actual.join(),
        }));
    case 'spans':
      return predictions.questions.slice(0, count).map(({ text, golds }) => ({
        text: text === '' ? 'no answer' : text,
        probability: null,
        isRight: answerScore(golds, text).exact === 1,
      }));
    case 'vectors':
      return places.map((place) => {
        const { prediction } = pairLine(predictions, place);
        const text = typeof prediction === 'number' ? prediction.toPrecision(3) : prediction;
        return { text, probability: null, isRight: predictions.correct?.[place] ?? null };
      });
    case 'tokens':
    case 'preferences':
      return [];
  }
}
