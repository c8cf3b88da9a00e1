import { h } from '../dom.js'

/**
 * A few choices of which one holds.
 *
 * @template {string | number} T
 * @param {{ label: string, choices: readonly T[], chosen: T, name: (choice: T) => string, choose: (choice: T) => void }} options
 * @returns {HTMLElement}
 */
export function segments({ label, choices, chosen, name, choose }) {
  return h(
    'div',
    { class: 'segments', attributes: { role: 'group', 'aria-label': label } },
    ...choices.map(choice =>
      h(
        'button',
        {
          class: 'segment',
          attributes: { type: 'button', 'aria-pressed': String(choice === chosen), 'data-choice': String(choice) },
          on: { click: () => choose(choice) },
        },
        name(choice),
      ),
    ),
  )
}
