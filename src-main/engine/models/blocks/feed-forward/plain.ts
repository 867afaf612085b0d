import { activate } from '../../../ops/activation/activate.ts';
import type { PlainLayout } from '../../decoder/feed-forward/plain.ts';
import type { FeedForward, LayerTensors } from '../layer-tensors.ts';

export function plainFeedForward({ activation, up, down }: PlainLayout, tensors: LayerTensors): FeedForward {
  const [first, second] = [tensors.module(up.name), tensors.module(down.name)];
  return (x, runner, options) => {
    const inner = runner.linear(first, x);
    const { value, derivative } = activate(inner, activation, runner.taped);
    inner.dispose();
    return runner.linear(second, value, { ...options, derivative });
  };
}
