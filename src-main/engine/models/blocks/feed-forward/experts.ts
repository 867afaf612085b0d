import * as tf from '@tensorflow/tfjs-core';
import { gatedPair } from '../../../ops/activation/gated-pair.ts';
import { as1D, as2D, at } from '../../../ops/autograd/operation.ts';
import { combineRows, type RoutingPlan, routing, spreadRows } from '../../../ops/experts/routing.ts';
import { joinRows, rowBlocks } from '../../../ops/indexing/row-blocks.ts';
import { sliceColumns } from '../../../ops/indexing/slice-columns.ts';
import { frozenLinear } from '../../../ops/linear/frozen-linear.ts';
import type { ExpertsLayout } from '../../decoder/feed-forward/experts.ts';
import type { FeedForward, LayerTensors } from '../layer-tensors.ts';

/** Experts, each of which computes the rows of its tokens alone. */
export function expertsFeedForward(layout: ExpertsLayout, tensors: LayerTensors): FeedForward {
  const experts = layout.experts.map(({ gateUp, down }) => ({
    gateUp: tensors.module(gateUp.name),
    down: tensors.module(down.name),
  }));
  const router = {
    weight: as2D(tensors.tensor(layout.router.weight)),
    bias: layout.router.bias === null ? null : as1D(tensors.tensor(layout.router.bias)),
    bfloat16: false,
  };
  const { gate, isInterleaved } = layout;
  return (x, runner, { residual }) => {
    const { weights, plan } = routing(frozenLinear(x, router), layout);
    if (plan === null) {
      // Every expert computes all rows where the choice cannot be read.
      const sum = experts.reduce<tf.Tensor2D | undefined>((before, { gateUp, down }, expert) => {
        const made = runner.linear(down, gatedPair(runner.linear(gateUp, x), gate, isInterleaved));
        const weighted = tf.mul<tf.Tensor2D>(made, sliceColumns(weights, expert, 1));
        return before ? tf.add<tf.Tensor2D>(before, weighted) : weighted;
      }, residual);
      return sum ?? x;
    }
    const first = byExpert(spreadRows(x, plan), plan, (expert, rows) =>
      runner.linear(at(experts, expert).gateUp, rows),
    );
    const made = byExpert(gatedPair(first, gate, isInterleaved), plan, (expert, rows) =>
      runner.linear(at(experts, expert).down, rows),
    );
    return combineRows(made, weights, plan, residual);
  };
}

function byExpert(
  x: tf.Tensor2D,
  { experts, counts }: RoutingPlan,
  run: (expert: number, rows: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  return joinRows(rowBlocks(x, counts).map((rows, index) => run(at(experts, index), rows)));
}
