/** Globals common to Node and browsers, the only ones that `src-shared` may use. */
declare function structuredClone<Value>(value: Value): Value;
declare function queueMicrotask(callback: () => void): void;
