// People with numbers that are well formed and belong to nobody.

let count = Math.floor(Math.random() * 900)

/** A resident identity card number with its check character (GB 11643). */
export function idNumber(born = '19900307') {
  count++
  const first = `110105${born}${String(count % 1000).padStart(3, '0')}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, w, i) => total + w * Number(first[i]), 0)
  return first + '10X98765432'[sum % 11]
}

/** The same number with a wrong check character. */
export const wrongID = (id) => id.slice(0, 17) + (id[17] === '0' ? '1' : '0')

let phones = Math.floor(Math.random() * 90_000_000)
export const phoneNumber = () => `139${String(++phones % 100_000_000).padStart(8, '0')}`
