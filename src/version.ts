declare const GHOST_VERSION: string | undefined;

/** Of a source that runs unbundled, as in unit tests: it is no version in particular. */
export const sourceVersion = '0.0.0-source';

/** ghost's version, put in by the build. */
export const version: string = typeof GHOST_VERSION === 'string' ? GHOST_VERSION : sourceVersion;
