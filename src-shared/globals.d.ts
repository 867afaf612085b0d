/** What both Node and a browser's window have beyond the language itself: `src-shared` may use this and nothing else. */
declare function structuredClone<Value>(value: Value): Value;
declare function queueMicrotask(callback: () => void): void;
