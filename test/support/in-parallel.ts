/** Runs `work` for each value, a few at a time: most of a run is waiting for the disk. Stops at the first failure. */
export async function inParallel<T>(
  values: readonly T[],
  width: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const rest = values.values()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const value of rest) await work(value)
    }),
  )
}
