/**
 * What ends something that is under way: an AbortSignal, told by what is used of it, so that a program whose types know
 * neither Node nor a browser can use the library.
 */
export interface EndSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
