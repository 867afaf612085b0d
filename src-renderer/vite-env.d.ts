/// <reference types="vite/client" />

interface Window {
  /** API that the preload script exposes to the window. */
  readonly coto: import('../src-shared/contract/bridge.ts').StudioBridge;
}
