/** Reads a stream no further: whoever gives it is told. What it would have given at its end is nobody's. */
export async function leaveStream(items: AsyncGenerator<unknown, unknown, void>): Promise<void> {
  await items.return(undefined);
}
