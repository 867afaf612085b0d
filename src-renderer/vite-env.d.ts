/// <reference types="vite/client" />

interface Window {
  /** What the preload script lets the window see. */
  readonly coto: import('../src-shared/contract/bridge.ts').StudioBridge;
}
