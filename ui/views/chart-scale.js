/** The next of 2, 4, 10, 20, 40, 100 …: its half is a whole number. @param {number} value */
export function niceCeiling(value) {
  for (let scale = 1; ; scale *= 10) {
    for (const one of [2, 4, 10]) if (one * scale >= value) return one * scale
  }
}
