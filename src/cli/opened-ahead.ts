/** One stream with what it was opened for. */
interface Opened<From, Item, End> {
  readonly from: From;
  readonly items: AsyncGenerator<Item, End, void>;
}

/**
 * Opens a stream for each of many things and gives them in order. At most so many are open at once: the one that was
 * given last, and those after it, whose first items are asked for already, so that they come while it is being read.
 * One that was given is closed when the next is wanted, and all of them when nobody wants more.
 */
export async function* opened<From, Item, End>(
  list: Iterable<From>,
  { most, open }: { readonly most: number; readonly open: (from: From) => AsyncGenerator<Item, End, void> },
): AsyncGenerator<Opened<From, Item, End>, void, void> {
  const rest = list[Symbol.iterator]();
  const waiting: (Opened<From, Item, End> & { readonly close: () => Promise<void> })[] = [];
  const fill = (): void => {
    while (waiting.length < most) {
      const next = rest.next();
      if (next.done === true) return;
      waiting.push({ from: next.value, ...begun(open(next.value)) });
    }
  };
  try {
    fill();
    for (let [current] = waiting; current !== undefined; [current] = waiting) {
      yield current;
      waiting.shift();
      await current.close();
      fill();
    }
  } finally {
    await Promise.all(waiting.map(({ close }) => close()));
  }
}

/** A stream whose first item has been asked for. */
function begun<Item, End>(source: AsyncGenerator<Item, End, void>) {
  const first = source.next();
  // Its failure is told to whoever reads it, if anybody does.
  first.catch(() => undefined);
  async function* items(): AsyncGenerator<Item, End, void> {
    for (let step = await first; ; step = await source.next()) {
      if (step.done === true) return step.value;
      yield step.value;
    }
  }
  return {
    items: items(),
    close: async () => {
      // Its end has been told, or is of no interest any more.
      await source.return(undefined as never).catch(() => undefined);
    },
  };
}
