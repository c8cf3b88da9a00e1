import type { Channel, Item, Part, Store } from '../data/types.d.ts'
import type { Settings } from '../settings.js'

export type ViewName = 'chat' | 'contacts' | 'stats' | 'channel' | 'files' | 'settings'

/** What every view is given. */
export interface Ui {
  readonly store: Store
  readonly settings: Settings
  /** What holds for this visit: survives a redraw in another language. */
  readonly visit: Visit
  change(settings: Partial<Settings>): void
  /** False: the browser refuses to keep them. */
  readonly settingsKept: boolean
  go(view: ViewName): void
  /** Shows a section; with an item, scrolls to it and marks the words. */
  open(section: string, at?: { readonly item: Item; readonly query: string }): void
  /** Back to the list, where only one pane fits. */
  leave(): void
  /** For screen readers. */
  say(text: string): void
  redraw(): void
}

export interface Visit {
  view: ViewName
  section: string | null
  channel: Channel | null
  query: string
  /** Words to mark in the messages: set by a hit of the search. */
  marked: string
  /** Key of what stands at the upper edge of the messages; null: at their end. */
  place: string | null
}

export interface View {
  readonly element: HTMLElement
  /** Only called while it is shown. */
  update(changed: ReadonlySet<Part>): void
  /** It is taken off the page. */
  close?(): void
}
