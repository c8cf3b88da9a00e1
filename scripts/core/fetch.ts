/** The part of the fetch standard that we use; undici's fetch fits, and so does a test's double. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchAnswer>

export interface FetchInit {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Hears how many bytes of the body have gone out so far. */
  readonly onSent?: (bytes: number) => void
  readonly signal?: AbortSignal
  /** A redirect never takes a token along (RC §2). */
  readonly redirect: 'manual'
}

export interface FetchAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: ReadableBody | null
}

export interface ReadableBody {
  getReader(): BodyReader
}

export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(reason?: unknown): Promise<void>
}
