/**
 * Reads something at most once in each turn of the event loop: for what costs the same for one asker as for many, and may
 * be as old as the turn.
 */
export function onceATurn<T>(read: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => {
    if (known === null) {
      known = { value: read() };
      setImmediate(() => {
        known = null;
      });
    }
    return known.value;
  };
}
