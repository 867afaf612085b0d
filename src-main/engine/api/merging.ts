/** Merge and prune methods, routers, and the checks before a merge or a route. */
export { checkPrompts } from '../merge/checks/check-prompts.ts';
export { checkFingerprints, preflightLines } from '../merge/checks/preflight.ts';
export { ok, refused, warning } from '../merge/checks/preflight-line.ts';
export { isUsed, type MergeMethod, refuseIllegal } from '../merge/merge-method.ts';
export { mergeMethod, mergeMethods, placeboIds } from '../merge/methods/index.ts';
export { BaseWeights } from '../merge/run/base-weights.ts';
export { identityTest } from '../merge/run/identity-test.ts';
export { compareFolders, mergeFolders, productsOfFolders } from '../merge/run/merge-folders.ts';
export { looksAtData, searchOf } from '../merge/search/search-parameters.ts';
export { pruneMethod, pruneMethods } from '../prune/index.ts';
export { needsExamples } from '../prune/run-prune.ts';
export { checkRouting, requireSeveral } from '../routing/checks.ts';
export { routerOf, routers } from '../routing/index.ts';
export type { Router } from '../routing/router.ts';
