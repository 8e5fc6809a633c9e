import type { Bar, Row, Unit } from './figure.ts';

export function atMost(of: Bar['of'], value: number): Bar {
  return { of, limit: 'at most', value };
}

export function atLeast(of: Bar['of'], value: number): Bar {
  return { of, limit: 'at least', value };
}

/** A row of what ghost needed, with nothing beside it. */
export function alone(
  what: string,
  ghost: readonly number[],
  { unit, bar = null }: { readonly unit: Unit; readonly bar?: Bar | null },
): Row {
  return { what, unit, ghost, yardstick: null, bar };
}

/** What ghost is measured against, and how many times as much it may need; null: no bar. */
interface Yardstick {
  /** Left out: a Node that does nothing. */
  readonly name?: string;
  readonly values: readonly number[];
  readonly ratioMost: number | null;
  readonly unit?: Unit;
}

/** A row of what ghost needed beside a yardstick in the same rounds. */
export function against(
  what: string,
  ghost: readonly number[],
  { name = 'node -e 0', values, ratioMost, unit = 'ms' }: Yardstick,
): Row {
  return {
    what,
    unit,
    ghost,
    yardstick: { name, values },
    bar: ratioMost === null ? null : atMost('ratio', ratioMost),
  };
}
