import * as tf from '@tensorflow/tfjs-core';

/** What the gradient function that ran last has used. */
let used: { readonly scope: number; readonly tensors: readonly tf.Tensor[] } | null = null;

/**
 * A gradient function after which memory is given back. tfjs keeps the gradient of every state, and whatever a gradient
 * function needs, until the whole backward pass is over. It runs them one by one, so when the next one runs, what the last
 * one used has been read for the last time.
 */
export function releasing(gradient: tf.GradFunc): tf.GradFunc {
  return (dy, saved, attributes) => {
    const { activeScope, gradientDepth } = tf.engine().state;
    if (used?.scope === activeScope.id) for (const tensor of used.tensors) tensor.dispose();
    const dys = Array.isArray(dy) ? dy : [dy];
    // A gradient that the caller gave belongs to another scope, and stays the caller's.
    const own = dys.filter((tensor) => tensor.scopeId === activeScope.id);
    // Within an outer gradient scope the tape is needed again.
    used = gradientDepth === 0 ? { scope: activeScope.id, tensors: [...own, ...saved] } : null;
    const made: ReturnType<tf.GradFunc> = {};
    const makers = gradient(dy, saved, attributes);
    for (const name of Object.keys(makers))
      made[name] = () => {
        const result = makers[name]?.();
        if (result === undefined) throw new Error(`no gradient of ${name}`);
        return dys.includes(result) ? sharing(result) : result;
      };
    return made;
  };
}

/** Another tensor of the same values: `tf.clone` without a kernel and an entry on the tape, and without a copy on wasm. */
export function sharing(tensor: tf.Tensor): tf.Tensor {
  tf.backend().incRef(tensor.dataId);
  return tf.engine().makeTensorFromDataId(tensor.dataId, tensor.shape, tensor.dtype);
}
