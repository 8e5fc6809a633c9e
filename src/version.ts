declare const GHOST_VERSION: string | undefined;

/** ghost's version, put in by the build; `0.0.0-source` where the source runs unbundled, as in unit tests. */
export const version: string = typeof GHOST_VERSION === 'string' ? GHOST_VERSION : '0.0.0-source';
