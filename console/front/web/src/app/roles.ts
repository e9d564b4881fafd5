/** The roles, as the API names them. */
export const roles = ['analyst', 'security', 'administrator', 'box_office', 'auditor'] as const
export type Role = (typeof roles)[number]

export const isRole = (name: string): name is Role => (roles as readonly string[]).includes(name)

const letters: Record<string, Role> = { a: 'analyst', s: 'security', d: 'administrator', b: 'box_office', u: 'auditor' }

/** Roles by their letters in the navigation's table: who('asdu'). */
export function who(short: string): readonly Role[] {
  return [...short].map((letter) => {
    const role = letters[letter]
    if (!role) throw new Error(`no role is called ${letter}`)
    return role
  })
}
