/** The same keys in another language: none missing, none too many. */
export type Translation<Words> = { readonly [K in keyof Words]: string }
