/** Globals common to Node and browsers, the only ones that `src-shared` may use. */
declare function structuredClone<Value>(value: Value): Value;
declare function queueMicrotask(callback: () => void): void;
declare function btoa(binary: string): string;
declare function atob(base64: string): string;
