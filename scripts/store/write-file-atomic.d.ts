/** The one form we use (design §3): data is written and checked by the hook, then synced and renamed by the library. */
declare module 'write-file-atomic' {
  const writeFileAtomic: (
    path: string,
    data: null,
    options: { mode: number; tmpfileCreated: (temporary: string) => Promise<void> },
  ) => Promise<void>
  // biome-ignore lint/style/noDefaultExport: that is how the package exports it
  export default writeFileAtomic
}
